// The way back from a restore into a PostgreSQL database: the database that has been kept takes its
// name again, and the present one is kept.
#pragma once

#include <optional>
#include <string>

#include "store/repository/repository.h"
#include "tools/restore/postgres_admin.h"

namespace varve {

// What the newest restore of this repository into the target replaced or changed.
struct PostgresUndo {
  std::optional<PostgresAdmin::Marked> kept;  // the database that it put aside
  std::optional<Snapshot> safety;             // else a snapshot of what it changed
  std::optional<std::string> safety_dump;     // and the path of the dump in that
};

// With the safety snapshot that is `named`, else of the newest restore. Throws a not_found Error
// where there is neither, which names databases that are only called as if they had been kept; a
// failed one where the newest restore left neither.
PostgresUndo find_postgres_undo(Repository& repository, PostgresAdmin& admin,
                                const std::string& host, std::optional<Snapshot> named = {});

// Whether find_postgres_undo() has something to go by, a trace included (unsaved_change.h).
bool has_postgres_undo(Repository& repository, PostgresAdmin& admin, const std::string& host);

// With a database that was kept. Returns what the present one is called now; empty where there is
// none.
std::string undo_postgres_swap(Repository& repository, PostgresAdmin& admin,
                               const PostgresAdmin::Marked& kept);

}  // namespace varve
