// A dump restored into a PostgreSQL database, so that at any moment there is the old database or
// the new one under its name, and whole.
//
// A whole dump goes into a database of another name first ("NAME_restoring_<date>"). Its rows are
// counted and compared; then it takes the name. The database that had it is called
// "NAME_before_<date>" from then on, in the same transaction, and stays until somebody drops it.
// What a new database does not have by itself is copied from the old one: owner, encoding, locale,
// settings, rights.
//
// Rows alone, or some tables, go into the database as it is, in one transaction.
//
// Rejected: pg_restore --clean, which takes the old database apart while it fills it; DROP DATABASE
// first, which leaves neither when it is killed in between.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository.h"
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

struct PostgresRestoreResult {
  std::optional<Snapshot> safety;
  std::string kept;  // what the old database is called now; empty where there was none
  std::map<std::string, std::uint64_t> rows;  // compared with those recorded, by table
  double seconds = 0;
  std::vector<std::string> warnings;
};

// Whether the request changes the existing database instead of making one.
bool loads_in_place(const PostgresRestoreRequest& request, bool exists);

// The caller has made sure that an existing database may be changed. Throws an Error with all
// databases as they were.
PostgresRestoreResult restore_postgres(Repository& repository, const Snapshot& snapshot,
                                       PostgresAdmin& admin, const PostgresRestoreRequest& request);

// The way back: the database that has been kept takes its name again, and the present one is kept.
struct PostgresUndo {
  std::string kept;                        // the newest one that was kept; else empty
  std::optional<Snapshot> safety;          // else the newest safety snapshot
  std::optional<std::string> safety_dump;  // and the path of the dump in it
};
// Throws a not_found Error where there is neither.
PostgresUndo find_postgres_undo(Repository& repository, PostgresAdmin& admin,
                                const std::string& host);
// With a database that was kept. Returns what the present one is called now.
std::string undo_postgres_swap(PostgresAdmin& admin, const PostgresUndo& undo);

}  // namespace varve
