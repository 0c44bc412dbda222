// A table of a stored PostgreSQL dump and the live one of its name: can rows of the one stand in
// the other?
//
// What a stored row holds must find its column, of the type that it had, and its key must still be
// one: otherwise rows would come back with values lost, or be held for missing ones. What the live
// table has more gets its default.
#pragma once

#include <string>

#include "tools/compare/dump_tables.h"
#include "tools/compare/postgres_table_pair.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// With what a person should know of their columns and triggers. What cannot be recovered bears a
// refusal. Stored rows are those for which `where` is true; empty: all.
PostgresTablePair pair_tables(const DumpTables& dump, PostgresConnection& connection,
                              std::size_t number, const std::string& where);

}  // namespace varve
