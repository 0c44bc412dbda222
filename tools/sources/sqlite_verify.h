// Proves a stored SQLite database by having SQLite read it through the store.
//
// quick  PRAGMA quick_check: every page and row, but not each index against its table.
// full   PRAGMA integrity_check, and where it finds nothing PRAGMA foreign_key_check and the
//        row count of every table. A virtual table whose module is not here, or that cannot be
//        counted for another reason that is no damage, is named in the detail.
// Both   the SHA-256 of the whole file, as the store reads it.
//
// The database may be damaged, or made to harm: no trigger, view, extension or function with
// side effects runs, and nothing is counted in a database that the check has found damaged
// (a loop in a tree would never end). It is never milder than SQLite itself: what
// `sqlite3 FILE "PRAGMA integrity_check"` objects to does not pass.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/read/file_reader.h"

namespace varve {

enum class VerifyLevel { quick, full };

// `done` of `all` bytes of work; called on the caller's thread.
using VerifyProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

struct SqliteVerification {
  VerifyLevel level = VerifyLevel::full;
  // Put to the database at the level full, where nothing is wrong; see assertions.h.
  std::vector<std::string> assertions = {};
  // Bytes for pages that SQLite comes back to (index_pages.h), beside 16 MiB for SQLite itself:
  // what has no room there costs the decoding of a chunk each time. With room for all of the
  // database the check takes as long as that of a plain file.
  std::size_t memory = std::size_t{48} << 20;
  std::stop_token stop = {};
  VerifyProgress progress = {};
};

// All fields but the source's name. Damage, in the database or in the store, is a result, not an
// Error; an interrupted Error is thrown when `stop` asks for it. Reads with one more thread.
Attestation verify_sqlite(ChunkReader& chunks, const FileEntry& file,
                          const SqliteVerification& wanted = {});

}  // namespace varve
