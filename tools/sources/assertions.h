// Statements that have to be true of a source's data.
//
// One passes where it gives exactly one row whose first column is true.
#pragma once

#include <sqlite3.h>

#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// In SQLite true is a number other than 0. Nothing but reading is allowed, and nothing but the
// database itself can be read. What does not run is an assertion that did not pass.
std::vector<Assertion> put_assertions(sqlite3* database,
                                      const std::vector<std::string>& statements);

// Each in a read-only transaction of its own. Throws an interrupted Error.
std::vector<Assertion> put_assertions(PostgresConnection& connection,
                                      const std::vector<std::string>& statements);

// What did not pass, in words: "the assertion SELECT … is false".
std::vector<std::string> faults_of(const std::vector<Assertion>& assertions);

}  // namespace varve
