// The rows that a live PostgreSQL table misses, or has otherwise than they are stored, one after
// the other in the order of the key: as values, and as the statements that bring them back.
//
// Read through a cursor, within a transaction of the caller's. What it finds is counted in
// `table.found`.
#pragma once

#include "tools/compare/postgres_table_pair.h"
#include "tools/compare/recovery.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// `is_wanted`: whether the request asks for rows of this kind; see RecoveryListener.
void tell_missing_rows(PostgresConnection& connection, PostgresTablePair& table, bool is_wanted,
                       const RecoveryListener& listener);
// Only of a table with a key.
void tell_changed_rows(PostgresConnection& connection, PostgresTablePair& table, bool is_wanted,
                       const RecoveryListener& listener);

}  // namespace varve
