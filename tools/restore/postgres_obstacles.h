// What would keep a restore from giving a database's name to another one, found before hours of
// loading and not behind them.
#pragma once

#include "tools/restore/postgres_admin.h"

namespace varve {

// Throws a failed Error that says what to do: the target is a database of the server itself, the
// role may not rename it, somebody is connected whose session the role may not end, or a prepared
// transaction holds it.
void require_replaceable(PostgresAdmin& admin);

}  // namespace varve
