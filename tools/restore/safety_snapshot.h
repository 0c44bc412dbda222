// The way back: a snapshot of what a restore is about to replace, taken before anything is
// changed, with the tag pre-restore; and how it is found again.
//
// Its source is called NAME.pre-restore, and its files lie in a folder of that name. So
// "latest:history.db" stays the newest snapshot of the database itself, and never becomes what
// somebody wanted to get rid of; see also snapshot_name.h.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository.h"
#include "store/snapshot_name.h"
#include "tools/restore/safety_source.h"

namespace varve {

// "history.db.pre-restore"
std::string safety_source_name(const std::string& name);

struct SafetyRequest {
  Path target;                            // a file or a folder; it and what lies below it is saved
  std::vector<SafetySource::File> files;  // at least one
  std::string host;
  std::stop_token stop;
};

// Durable when it returns. Throws an Error that names --no-safety where it cannot be taken.
Snapshot take_safety_snapshot(Repository& repository, const SafetyRequest& request);

struct SafetySnapshot {
  Snapshot snapshot;
  std::uint32_t source = 0;  // the one that is meant

  const SourceInfo& info() const { return snapshot.sources.at(source); }
};

// The newest one with a source that is meant, taken on this host; nothing if there is none.
std::optional<SafetySnapshot> newest_safety_snapshot(
    Repository& repository, const std::function<bool(const SourceInfo&)>& is_meant,
    const std::string& host);
// The same of what was at a path.
std::optional<SafetySnapshot> newest_safety_snapshot(Repository& repository, const Path& location,
                                                     const std::string& host);

// Absolute, links in its folder resolved: how a target is known again.
Path location_of(const Path& target);

}  // namespace varve
