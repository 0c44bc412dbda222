// Which other processes use a file just now.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve {

struct FileUser {
  pid_t pid = 0;     // 0: in another container, whose numbers say nothing here
  std::string name;  // of its program, as the kernel has it: up to 15 bytes
};

// Processes that have one of these files open, by /proc; links are not followed, absent files are
// nobody's. Without root those of other users cannot be seen: see sqlite_lock_holders.
std::vector<FileUser> users_of(const std::vector<Path>& files);

// The bytes of a database that SQLite's locks are on (https://sqlite.org/lockingv3.html): PENDING,
// RESERVED and SHARED. Who holds all of them for writing has the database for himself.
inline constexpr off_t kSqliteLocks = 0x40000000;
inline constexpr off_t kSqliteLockBytes = 512;

// Processes that hold a lock which SQLite knows on this database or its -shm file: a transaction,
// or an open connection in WAL mode. The kernel tells those of every user. Nobody who is in this
// process: its own locks are lost by the look, so it must hold none.
std::vector<FileUser> sqlite_lock_holders(const Path& database);

// Both of them for a database and the files beside it.
std::vector<FileUser> users_of_database(const Path& database);

// "sqlite3 (pid 812), postgres (pid 99)": the first few.
std::string to_text(const std::vector<FileUser>& users);

// Processes called `program`, with the folder that each works in; empty where that is not told.
struct RunningProgram {
  FileUser process;
  Path folder;
};
std::vector<RunningProgram> running(const std::vector<std::string>& programs);

}  // namespace varve
