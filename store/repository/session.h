// Who works on the repository at this moment, known by kernel locks (see core/lock.h).
//
//   locks/ingest-<random>   one for each running ingest, locked by it; holds the gc epoch at
//                           which it began. gc deletes nothing that was condemned at a later
//                           epoch than the oldest running ingest's.
//   locks/source-<hash>     the source that an ingest is copying: one ingest a source.
//   locks/gc                one gc at a time; a repair of packs counts as one.
//   locks/repair            a repair of packs: no ingest runs beside it.
//   locks/reader-<random>   one for each mount, with the snapshots that gc treats as live for
//                           it: see reader_session.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/core/lock.h"
#include "store/repository/repository.h"

namespace varve {

// Registers an ingest for its lifetime: before it looks at any chunk. Throws a locked Error where a
// repair runs.
class IngestSession {
 public:
  explicit IngestSession(Repository& repository);
  ~IngestSession();
  IngestSession(const IngestSession&) = delete;
  IngestSession& operator=(const IngestSession&) = delete;

  std::uint64_t epoch() const noexcept { return epoch_; }

 private:
  FileLock lock_;
  std::uint64_t epoch_ = 0;
};

// Throws a locked Error that names the holder.
FileLock lock_source(Repository& repository, const std::string& source_name);
FileLock lock_gc(Repository& repository);
// Held, no ingest runs or begins; a locked Error where one runs.
FileLock lock_repair(Repository& repository);

// The epochs of the running ingests. A session that has not yet said its epoch counts as 0.
// Files of dead ones are removed on the way.
std::vector<std::uint64_t> running_ingests(Repository& repository);

}  // namespace varve
