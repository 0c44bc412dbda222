// The files of an SQLite database at rest: the database, and what may lie beside it.
#pragma once

#include <sys/types.h>

#include <vector>

#include "store/core/file.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {

// The bytes of a database that SQLite's locks are on (https://sqlite.org/lockingv3.html): PENDING,
// RESERVED and SHARED. Who holds all of them for writing has the database for himself.
inline constexpr off_t kSqliteLocks = 0x40000000;
inline constexpr off_t kSqliteLockBytes = 512;

inline Path shm_path(const Path& database) { return database.native() + "-shm"; }

// The write-ahead log, its index, and the rollback journal.
inline std::vector<Path> sidecars_of(const Path& database) {
  return {log_path(database), shm_path(database), journal_path(database)};
}

}  // namespace varve
