// SQLite's own checks of a database, stored or on a disk, and what they found.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/sources/sqlite_handle.h"

namespace varve {

// What is checked: a connection, and where what it reads comes from a store, that store's words
// about what it could not read.
struct CheckedDatabase {
  sqlite3* handle = nullptr;
  const std::string* store_error = nullptr;
  std::size_t cache = std::size_t{64} << 20;  // bytes, for SQLite's pages
};

struct SqliteFindings {
  std::vector<std::string> faults;  // empty: sound
  std::vector<std::string> notes;   // what could not be looked at
  std::map<std::string, std::uint64_t> row_counts;
  std::vector<std::string> uncounted;  // tables that SQLite cannot read here; a note may say why
};

// PRAGMA quick_check. What that finds, integrity_check decides: quick_check takes columns of tables
// WITHOUT ROWID one for another where their key has another order, and finds NULLs that are not
// there (SQLite 3.40.1).
SqliteFindings check_quickly(const CheckedDatabase& database);
// PRAGMA integrity_check, foreign_key_check, and the row counts.
SqliteFindings check_fully(const CheckedDatabase& database);

}  // namespace varve
