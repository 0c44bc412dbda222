// A database takes the target's name in one step, and the one that had it is put aside.
//
// What waits in that step (for sessions that end, for locks) cannot be interrupted: a statement
// that is given up while its COMMIT is under way is done or not done, and nobody knows.
#pragma once

#include <string>

#include "tools/restore/postgres_admin.h"

namespace varve {

struct PostgresSwap {
  std::string next;          // takes the target's name
  std::string comment = {};  // that it has then
  // Another one has that name, and is put aside. False, and one has it: an Error.
  bool replaces = false;
  // In the mark of the one that is put aside, so that --undo finds it (database_mark.h).
  Timestamp since = {};
  std::string repository = {};
  std::string safety = {};
};

// Returns what the database that had the name is called now; empty where it replaces none. Throws
// an Error with all names as they were.
std::string swap_databases(PostgresAdmin& admin, const PostgresSwap& swap);

}  // namespace varve
