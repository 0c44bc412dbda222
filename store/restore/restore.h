// Restore: files of a snapshot written to a folder, all of them or none.
//
// Each file is written under a temporary name beside its target, and checked on the way: against
// the whole file's SHA-256 where an attestation knows it, else each chunk against its id; then
// synced.
// Only when all are whole do they take their names. Folders that are new then get their own
// modes, owners and times. With `force` those that are there get their times, keep their owners,
// and group and others may do no more in them than they might. A file that replaces another gets
// the extended attributes of that one (extended_attributes.h). Owners are given by root only. A
// full disk, damage, or an interruption before that leaves nothing behind; what a kill leaves, the
// next restore into the same folders removes (staging_guard.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/core/file.h"
#include "store/repository/repository.h"

namespace varve {

// Knows what the store does not: what a file's format asks for. The calls come in this order, for
// each regular file, ready() once; an Error from any of them but the last ends the restore with
// nothing replaced.
class RestoreAttendant {
 public:
  virtual ~RestoreAttendant() = default;
  // All bytes are in `staged`, and nothing is durable yet: the time to change some.
  virtual void complete(const FileEntry& file, const Path& target, File& staged) = 0;
  // Whole and durable under the name `staged`: the time to look whether it is good.
  virtual void prove(const FileEntry& file, const Path& target, const Path& staged) = 0;
  // All files are whole and proven, and nothing is replaced yet: the last time to refuse.
  virtual void ready() = 0;
  // The file takes its name next: the time to remove what stands in its way. What is returned
  // lives until that is done. Of several files, others may have been replaced already.
  virtual std::shared_ptr<void> make_way(const FileEntry& file, const Path& target) = 0;
};

struct RestoreOptions {
  // With one, a SQLite journal beside a target is its business; else it is refused.
  RestoreAttendant* attendant = nullptr;
  bool force = false;        // regular files that exist are replaced, their owner kept
  bool as_recorded = false;  // instead of that, they get owner and permissions of the snapshot
  bool is_exact = false;     // restore_file: `target` is the new path also where a folder is there
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;  // bytes
  std::stop_token stop;
};

struct RestoredFile {  // or link
  std::string path;    // in the snapshot
  Path target;
  FileType type = FileType::file;
  std::uint64_t size = 0;
  bool hash_checked = false;  // the whole SHA-256 was known, and is right
};

struct RestoreResult {
  std::vector<RestoredFile> files;
  std::uint64_t raw_bytes = 0;
  double seconds = 0;
  // What of replaced files could not be carried over, and what stays behind in their folders.
  std::vector<std::string> warnings;
};

// One file or link. `target` is its new path, or a folder that exists (or a link to one): then it
// keeps its name.
RestoreResult restore_file(Repository& repository, const Snapshot& snapshot, const FileEntry& file,
                           const Path& target, const RestoreOptions& options);

// What lies below the folder `path` of the snapshot, into `target`, which is created if missing.
RestoreResult restore_folder(Repository& repository, const Snapshot& snapshot,
                             const std::string& path, const Path& target,
                             const RestoreOptions& options);

// Those files below the folder `path` ("": of all) that `wanted` picks, into `target`.
RestoreResult restore_selection(Repository& repository, const Snapshot& snapshot,
                                const std::string& path,
                                const std::function<bool(const FileEntry&)>& wanted,
                                const Path& target, const RestoreOptions& options);

// The whole snapshot into `folder`, which is created if missing.
RestoreResult restore_snapshot(Repository& repository, const Snapshot& snapshot, const Path& folder,
                               const RestoreOptions& options);

// Where restore_file writes it.
Path restored_path(const FileEntry& file, const Path& target);

// All throw a failed Error, before anything is written, where a target exists (without force), is
// no regular file, lies in the repository, or has a SQLite journal beside it that would be
// replayed into the restored database; corrupt and io Errors as they come.

}  // namespace varve
