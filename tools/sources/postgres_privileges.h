// What a role may not read and a dump would need, and the statements that mend it.
#pragma once

#include <optional>
#include <string>

#include "tools/sources/postgres_connection.h"

namespace varve {

// One line that names the tables, sequences, schemas and (unless `schema_only`) large objects
// that the connection's role cannot read, and the tables whose row-level security would hide rows
// from it, with the GRANT for each; nothing where it can read all. Looks at the whole database,
// within the connection's transaction.
std::optional<std::string> missing_privileges(PostgresConnection& connection, bool schema_only);

// Whether roles' passwords can be read, which pg_dumpall wants.
bool may_read_passwords(PostgresConnection& connection);

}  // namespace varve
