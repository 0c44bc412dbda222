// The rows of a restored PostgreSQL database, held against those that were counted when it was
// dumped.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"

namespace varve {

struct RestoredRows {
  std::map<std::string, std::uint64_t> counts;  // by "schema.name"
  std::vector<std::string> faults;              // tables that have other counts, or are missing
};

// Counts those tables of the database that `recorded` names. Throws a PostgresError.
RestoredRows check_restored_rows(PostgresConnection& connection,
                                 const std::map<std::string, std::uint64_t>& recorded);

}  // namespace varve
