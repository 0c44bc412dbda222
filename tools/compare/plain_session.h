// Settings under which values of a PostgreSQL database become texts that mean the same everywhere.
//
// A database or a role may say otherwise: '01/06/2020 15:30:00 IST' is another moment where it is
// read again, with few digits a float is another number, and to a session
// of another encoding the bytes of 'é' are another text. These are the ones that pg_dump uses. The
// time zone is left alone: ISO texts carry their offset, and conditions of the user and triggers of
// the database go by it. Rows that a policy hides are no missing ones: with row_security off the
// server refuses where it would hide some.
#pragma once

#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"

namespace varve {

// Behind SET, or SET LOCAL, in the connection's database.
std::vector<std::string> plain_session(const PostgresConnection& connection);

}  // namespace varve
