// Whether a database has what an entry of a dump makes.
#pragma once

#include "tools/sources/postgres_archive.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// By kind and name. Of kinds that cannot be asked for by name (operators, casts…) it is taken that
// they are there. `connection` is to the database.
bool has_object(PostgresConnection& connection, const ArchiveEntry& entry);

}  // namespace varve
