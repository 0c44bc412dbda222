// A dump restored into a PostgreSQL database, so that at any moment there is the old database or
// the new one under its name, and whole.
//
// A whole dump goes into a database of another name first (filling_database.h). Its rows are
// counted and compared; then it takes the name. The database that had it is called
// "NAME_before_<date>" from then on, in the same transaction, bears a mark (database_mark.h), and
// stays until somebody drops it. What a new database does not have by itself is copied from the old
// one: owner, encoding, locale, tablespace, settings, rights, comment.
//
// Rows alone, or some tables, go into the database as it is, in one transaction.
//
// The safety snapshot of a database that is replaced is taken when the new one is ready, and one of
// a restore that fails is forgotten again: so what --undo finds is what was replaced.
//
// Rejected: pg_restore --clean, which takes the old database apart while it fills it; DROP DATABASE
// first, which leaves neither when it is killed in between.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/restore/postgres_restore_request.h"
#include "tools/sources/row_counts.h"

namespace varve {

struct PostgresRestoreResult {
  std::optional<Snapshot> safety;
  std::string kept;  // what the old database is called now; empty where there was none
  RowCounts rows;    // compared with those recorded
  double seconds = 0;
  std::vector<std::string> notes;     // what it did besides, or left out
  std::vector<std::string> warnings;  // what is not as it was asked for
};

// The caller has made sure that an existing database, and roles, may be changed. Throws an Error
// with all databases as they were.
PostgresRestoreResult restore_postgres(Repository& repository, const Snapshot& snapshot,
                                       PostgresAdmin& admin, const PostgresRestoreRequest& request);

}  // namespace varve
