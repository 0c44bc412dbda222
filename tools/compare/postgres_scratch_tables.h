// Stored rows of a PostgreSQL dump beside the live tables: in temporary tables of the session, made
// after the live tables' own columns.
//
// Nothing of the dump's schema is run, no other session sees anything, and the server drops them
// when the session ends, however it ends. (Rejected: a scratch schema, which pg_restore cannot be
// told, and a scratch database, which takes the right to make one and every extension and type once
// more; both stay behind when the machine dies.)
#pragma once

#include <vector>

#include "tools/compare/dump_tables.h"
#include "tools/compare/postgres_table_pair.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// Makes and fills the temporary tables of those without a refusal. No entry of the dump belongs to
// two of them. Refuses those of which several stored rows have one key.
void load_scratch_tables(const DumpTables& dump, PostgresConnection& connection,
                         std::vector<PostgresTablePair>& tables);

}  // namespace varve
