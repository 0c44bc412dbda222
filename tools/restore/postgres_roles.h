// Roles of a server that a script of globals would change.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

// Those that exist already, and that `script` (pg_dumpall --globals-only) gives another password,
// other attributes or settings than they have, by name. Whether something is other, pg_dumpall says
// about the server; where the role may not ask for passwords, all that exist count as changed.
std::vector<std::string> changed_roles(const PostgresPrograms& programs,
                                       PostgresConnection& connection, std::string_view script,
                                       const std::stop_token& stop);

}  // namespace varve
