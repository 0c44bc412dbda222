// What is asked of a restore into PostgreSQL, and what can be known of it before anything is done.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/restore/postgres_admin.h"
#include "tools/restore/postgres_load.h"

namespace varve {

struct PostgresRestoreRequest {
  StoredDump dump;
  PostgresLoad load;
  bool globals = false;  // applied first
  bool safety = true;    // a safety snapshot of a database that is changed or replaced
  bool force = false;    // a snapshot that did not pass its verification is taken all the same
  std::string host;
  PostgresProgramPlaces programs = PostgresProgramPlaces::standard();
  std::stop_token stop;
};

// Whether the request changes the existing database instead of making one.
bool loads_in_place(const PostgresRestoreRequest& request, bool exists);

// What can be known to fail beforehand, as an Error that says what to do: a snapshot that did not
// pass, a table that the dump has not, an existing database that cannot be replaced, a table that
// exists already.
void require_restorable(Repository& repository, const Snapshot& snapshot, PostgresAdmin& admin,
                        const PostgresRestoreRequest& request);

// Roles of the target's server that the request's globals would change; see postgres_roles.h. None
// where none are applied.
std::vector<std::string> roles_to_change(Repository& repository, const Snapshot& snapshot,
                                         PostgresAdmin& admin,
                                         const PostgresRestoreRequest& request);

}  // namespace varve
