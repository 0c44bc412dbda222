// What a database is besides its content: how it is made, and what is set for it.
#pragma once

#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"

namespace varve {

// How a database is made. Empty: as the server does by default.
struct DatabaseShape {
  std::string encoding;
  std::string collate;
  std::string ctype;
  std::string icu_locale;  // where ICU provides the collation
  std::string owner;
  std::string tablespace;
};

// Over a connection to any database of the server. Throws a failed Error where there is none of
// that name.
DatabaseShape shape_of(PostgresConnection& connection, const std::string& database);
std::string create_statement(const PostgresConnection& connection, const std::string& database,
                             const DatabaseShape& shape);

// What CREATE DATABASE does not take over: the rights, the settings of the database and of roles in
// it, its connection limit; not its comment, see database_mark.h, and no security labels. To be
// done last, as settings and a limit may stand in the way of filling it.
//
// Returns what could not be set, each with the server's words and the statement. Rights are an
// Error: with others than it had a database would be open to the wrong ones.
std::vector<std::string> copy_properties(PostgresConnection& connection, const std::string& from,
                                         const std::string& to);

}  // namespace varve
