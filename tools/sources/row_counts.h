// The rows that the tables of a database are known to have, and whether it has them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace varve {

using RowCounts = std::map<std::string, std::uint64_t>;  // by table; PostgreSQL's: "schema.table"

// As the source counted them itself when it was copied, else as the newest proof of this snapshot
// that passed did; empty: not known. What did not pass may have counted in damage.
RowCounts recorded_rows(const Snapshot& snapshot, std::uint32_t source);
// Those of one database among the source's files.
RowCounts recorded_rows(const Snapshot& snapshot, const FileEntry& database);

// What a table is that is recorded, and was not counted: missing; or there is a reason that was
// told elsewhere, as for a virtual table whose module is not here.
enum class Uncounted { missing, excused };

// In words, each table that has other rows than are recorded.
std::vector<std::string> compare_rows(const RowCounts& recorded, const RowCounts& counted,
                                      Uncounted uncounted = Uncounted::missing);

}  // namespace varve
