// SQLite's own checks of a stored database, and what they found.
#pragma once

#include <cstdint>
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

// PRAGMA quick_check.
SqliteFindings check_quickly(SnapshotDatabase& database);
// PRAGMA integrity_check, foreign_key_check, and the row counts.
SqliteFindings check_fully(SnapshotDatabase& database);

}  // namespace varve
