// The files that SQLite keeps beside a database while it is in use.
//
// SQLite puts no locks on them, so they may be opened and closed like any file.
#pragma once

#include "store/core/file.h"

namespace varve {

// `database` with all symbolic links resolved: SQLite names them after the file itself.
Path log_path(const Path& database);      // the write-ahead log
Path journal_path(const Path& database);  // the rollback journal

// Whether a rollback journal lies there that has not been finished: a writer is in the middle
// of a transaction, or died in one. Which of both it is, only SQLite's locks tell.
bool has_live_journal(const Path& database);

}  // namespace varve
