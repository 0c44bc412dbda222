// A mount's word to gc: what it still reads, although somebody may forget it.
//
//   locks/reader-<random>        locked by the mount as long as it lives (see core/lock.h)
//   locks/reader-<random>.pins   the records of the snapshots that it holds, one in hex a line
//
// What makes it free of races: a reader pins first and then makes sure that the catalog still
// lists the snapshot; gc reads the catalog first and then the pins. So a snapshot that a reader
// found listed after pinning it is seen by gc in one place or in both.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/core/lock.h"
#include "store/repository/repository.h"

namespace varve {

// Registers a reader for its lifetime. Not thread-safe.
class ReaderSession {
 public:
  // `description` follows "pid N, " in the lock file. Throws where the folder takes no files; on a
  // filesystem for reading, where no gc can run either, it does nothing.
  ReaderSession(Repository& repository, const std::string& description);
  ~ReaderSession();
  ReaderSession(const ReaderSession&) = delete;
  ReaderSession& operator=(const ReaderSession&) = delete;

  // From the return on gc leaves everything that these snapshots need. A few microseconds for
  // one: it is appended. A snapshot that is pinned already stays so.
  void pin(const std::vector<Snapshot>& snapshots);
  // Pins only these from now on; ids that were not pinned are passed over.
  void keep_only(const std::vector<SnapshotId>& ids);

 private:
  void append(const std::string& lines);
  void rewrite();

  std::optional<FileLock> lock_;  // nothing: on a filesystem for reading
  Path pins_path_;
  File pins_;
  std::map<SnapshotId, std::string> lines_;
};

// What living readers have pinned, each snapshot once; files of dead ones are removed on the
// way. Call it after reading the catalog's snapshots, never before.
std::vector<Snapshot> pinned_snapshots(Repository& repository);

// Whether a living reader's description contains `text`.
bool has_reader(const Path& repository, const std::string& text);

}  // namespace varve
