// The rows that the tables of a database are known to have, and whether it has them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"

namespace varve {

// By table; PostgreSQL's: "schema.table" in UTF-8. Until varve knew of encodings, in the database's
// own.
using RowCounts = std::map<std::string, std::uint64_t>;

// As the source counted them itself when it was copied, else as the newest proof of this snapshot
// that passed did; empty: not known. What did not pass may have counted in damage.
RowCounts recorded_rows(const Snapshot& snapshot, std::uint32_t source);
// Those of one database among the source's files.
RowCounts recorded_rows(const Snapshot& snapshot, const FileEntry& database);

// In words, each table that has other rows than are recorded, or was not counted.
std::vector<std::string> compare_rows(const RowCounts& recorded, const RowCounts& counted);

}  // namespace varve
