// Rows that would come back into a PostgreSQL table and refer to nothing there.
#pragma once

#include <vector>

#include "tools/compare/postgres_table_pair.h"
#include "tools/compare/recovery.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// Rows of `table` of these kinds whose parents are neither in the live database nor come back
// themselves, with `recovered`: one entry for each foreign key that has some.
std::vector<OrphanRows> find_orphans(PostgresConnection& connection, const PostgresTablePair& table,
                                     const std::vector<PostgresTablePair>& recovered,
                                     const RecoveredKinds& kinds);

}  // namespace varve
