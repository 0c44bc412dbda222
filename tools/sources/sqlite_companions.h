// The files that SQLite keeps beside a database while it is in use: its companions.
//
// SQLite puts no locks on the log and the journal, so they may be opened and closed like any file.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "store/core/file.h"

namespace varve {

inline constexpr std::array<std::string_view, 3> kCompanionSuffixes = {"-wal", "-shm", "-journal"};

// `database` with all symbolic links resolved: SQLite names them after the file itself.
Path log_path(const Path& database);      // the write-ahead log
Path shm_path(const Path& database);      // the log's index
Path journal_path(const Path& database);  // the rollback journal
// All three, whether they are there or not, in the order of the suffixes.
std::vector<Path> companions_of(const Path& database);

// The path of the database whose companion would have this one; empty for what is called otherwise.
std::string database_of(std::string_view path);

// Whether a rollback journal lies there that has not been finished: a writer is in the middle
// of a transaction, or died in one. Which of both it is, only SQLite's locks tell.
bool has_live_journal(const Path& database);

}  // namespace varve
