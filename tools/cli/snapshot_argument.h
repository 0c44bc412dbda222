// SNAPSHOT:PATH on the command line. Both parts may hold colons ("latest:history.db",
// "2026-11-21T02:00:00Z"), so the text alone does not say where one ends; the repository does.
//
// For a file, the last colon whose left side is a snapshot that has the right side as a file
// counts: "latest:history.db" is history.db of the newest snapshot,
// "latest:history.db:history.db" of the newest that holds that source. Text without such a colon
// may name a snapshot of exactly one file.
// Where a whole snapshot is possible too (restore), text that names one means that, but
// "latest:history.db" no more than was asked for: that source of its newest snapshot, a file where
// it is one.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "store/snapshots/snapshot.h"
#include "tools/restore/file_pattern.h"

namespace varve::cli {

// Repository::resolve: throws not_found or usage.
using ResolveSnapshot = std::function<Snapshot(const std::string&)>;

struct SnapshotArgument {
  Snapshot snapshot;
  // Of a file or a folder that the snapshot has; nothing: the whole.
  std::optional<std::string> path;
  // What was meant by it where it is a pattern: then `path` is the pattern's folder, "" for none.
  std::optional<FilePattern> pattern = {};
  // Only the files of this source, where a path cannot say which.
  std::optional<std::uint32_t> source = {};

  bool is_folder() const { return path && snapshot.has_folder(*path); }
  const FileEntry& file() const { return *snapshot.find(path.value()); }  // of no folder
};

// They throw a not_found or usage Error that says what there is instead.
SnapshotArgument find_file(const std::string& text, const ResolveSnapshot& resolve);
// Also what a pattern fits, where no file is called so itself.
SnapshotArgument find_snapshot_or_file(const std::string& text, const ResolveSnapshot& resolve);

}  // namespace varve::cli
