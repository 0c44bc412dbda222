// SQLite's own checks of a database, stored or on a disk, and what they found.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tools/sources/snapshot_vfs.h"

namespace varve {

struct SqliteFindings {
  std::vector<std::string> faults;  // empty: sound
  std::vector<std::string> notes;   // what could not be looked at
  std::map<std::string, std::uint64_t> row_counts;
};

// The database to look at. What SQLite reads is not trusted: see distrust().
struct CheckedDatabase {
  sqlite3* handle = nullptr;
  // Why the bytes could not be read, where SQLite only says "disk I/O error"; empty otherwise.
  std::function<std::string()> why = [] { return std::string(); };
};
CheckedDatabase checked(const SnapshotDatabase& database);

// PRAGMA quick_check.
SqliteFindings check_quickly(const CheckedDatabase& database);
// PRAGMA integrity_check, foreign_key_check, and the row counts.
SqliteFindings check_fully(const CheckedDatabase& database);

// No trigger, view, extension or function with side effects of this database's own will run.
void distrust(sqlite3* connection);

}  // namespace varve
