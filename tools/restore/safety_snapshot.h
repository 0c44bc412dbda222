// Safety snapshots: what a restore is about to replace, with the tag pre-restore (safety_point.h
// takes them); what they are called, and how they are found again.
//
// Its source is called NAME.pre-restore, and its files lie in a folder of that name. So
// "latest:history.db" stays the newest snapshot of the database itself, and never becomes what
// somebody wanted to get rid of; see also snapshot_name.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/repository.h"
#include "store/snapshot_name.h"
#include "tools/restore/safety_source.h"

namespace varve {

// "history.db.pre-restore"
std::string safety_source_name(const std::string& name);

// What is saved of `target`, a file or a folder: files in it or beside it, at least one.
std::unique_ptr<Source> source_of_files(const Path& target, std::vector<SafetySource::File> files);

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
