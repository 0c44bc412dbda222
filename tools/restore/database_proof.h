// SQLite's checks of a database file that nobody uses, on a disk.
#pragma once

#include <stop_token>

#include "store/core/file.h"
#include "tools/sources/sqlite_checks.h"
#include "tools/sources/sqlite_verify.h"

namespace varve {

// What integrity_check (full) or quick_check finds in the file, which must not change meanwhile: it
// is read without locks, and nothing is made beside it, whatever mode it is in. No database at all
// is a fault too. Throws an interrupted Error.
SqliteFindings check_database_file(const Path& database, VerifyLevel level,
                                   const std::stop_token& stop);

// Opens a database as any program would, journal mode and all, and reads its schema. Throws a
// failed Error with SQLite's words where that does not work.
void open_once(const Path& database);

}  // namespace varve
