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

#include "store/repository/repository.h"
#include "store/snapshots/snapshot_name.h"
#include "tools/restore/safety_source.h"

namespace varve {

// "history.db.pre-restore"
std::string safety_source_name(const std::string& name);

// What is saved at `location`: files in it or beside it, at least one, each once.
std::unique_ptr<Source> source_of_files(const Path& location, SafetySource::Form form,
                                        std::vector<SafetySource::File> files);

struct SafetySnapshot {
  Snapshot snapshot;
  std::uint32_t source = 0;  // the one that is meant

  const SourceInfo& info() const { return snapshot.sources.at(source); }
  bool is_trace() const;  // of a change without one: it holds nothing (unsaved_change.h)
};

// Which sources are meant.
using MeantSource = std::function<bool(const SourceInfo&)>;
MeantSource source_at(const Path& location);

// The newest one with a source that is meant, taken on this host; nothing if there is none. It may
// be a trace.
std::optional<SafetySnapshot> newest_safety_snapshot(Repository& repository,
                                                     const MeantSource& is_meant,
                                                     const std::string& host);

// One that a person named. Throws a not_found Error where it saved nothing of what is meant;
// `target` for the message.
SafetySnapshot require_safety_snapshot(Snapshot snapshot, const MeantSource& is_meant,
                                       const std::string& target);

// Throws the failed Error of an undo where `newest` is a trace: when that was, and the older state
// that can be named instead, if there is one. `elsewhere`: what else has one, for the message.
void refuse_unsaved(Repository& repository, const SafetySnapshot& newest,
                    const MeantSource& is_meant, const std::string& target,
                    const std::string& elsewhere = {});

// How a target is known again: absolute, links in its folder resolved, and where it is a folder
// itself, those that lead to it.
Path location_of(const Path& target);
// Of a file, or of a link that is meant itself: one that leads to a folder is not followed.
Path location_of_file(const Path& target);

}  // namespace varve
