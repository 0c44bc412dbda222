// Which files of a snapshot go where, and what is there already: looked at before anything is
// asked or changed.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/repository/repository.h"

namespace varve {

// What of a snapshot is meant.
struct PathSelection {
  // A file, or a folder with all below it; nothing: the whole snapshot.
  std::optional<std::string> path;
  // With it, `path` is a folder ("": the snapshot itself), and of what lies below only that which
  // fits. Paths in the target begin below that folder.
  std::function<bool(const FileEntry&)> wanted = {};
};

struct PlannedFile {
  const FileEntry* entry = nullptr;  // of the snapshot; no folder
  Path target;
  std::optional<struct stat> present;  // what would be replaced
  std::vector<Path> companions;  // -wal, -shm and -journal that lie beside a database's target
  bool over_database = false;    // what would be replaced is one, by its first bytes

  bool is_known_database() const;  // stored as one
  bool is_database() const { return is_known_database() || over_database; }
  bool replaces() const { return present.has_value() || !companions.empty(); }
};

// By the first bytes of the regular file there. What cannot be read is none.
bool is_database_file(const Path& path);

struct PathPlan {
  std::vector<PlannedFile> files;  // and links
  bool is_one_file = false;        // TARGET is its path, or the folder that it goes into
  Path target;                     // as it was given; of one file, its path

  std::vector<const PlannedFile*> replaced() const;
  std::uint64_t bytes() const;
};

// Throws a failed Error for a target that cannot be: a symbolic link, a device, a folder where a
// file is to be or the other way round, a place in the repository, a folder that is not there.
PathPlan plan_paths(const Repository& repository, const Snapshot& snapshot,
                    const PathSelection& selection, const Path& target);

}  // namespace varve
