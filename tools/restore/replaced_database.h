// The SQLite database that lies where another one is about to be put: nobody's, at rest, and held
// so that it stays at rest until it has been replaced.
//
// A rename puts one file in the place of one file, in one step. A database can be more than one
// file, and that is where a crash in the middle would hurt:
//
//   - An old -wal or hot -journal beside the new database is played into it by whoever opens it
//     next. So they must be gone before the rename.
//   - An old database without its -wal has lost commits; without its hot -journal it is half of a
//     transaction. So they must not just be removed before the rename.
//
// Both hold only if the old state is one file by itself when the companions go. SQLite can bring
// that about, and survives a crash at any point of it: a checkpoint copies the log into the
// database and makes it durable before the log is cut off; a rollback restores the database and
// makes it durable before the journal goes. That is what any program does that opens the database
// and closes it. So:
//
//   1  nobody has it open                        else an Error, nothing changed
//   2  it is as it was `expected` to be          likewise
//   3  checkpoint or rollback, by SQLite         old state, in fewer and fewer files
//   4  all of SQLite's locks are taken; nobody came meanwhile, no companion with content is there
//   5  what is left of companions is removed, and that is made durable    old state, in one file
//   6  the caller renames the new file over it   new state, in one file
//   7  this object goes, and the locks with it
//
// Whatever is killed when, and whether or not the disk has power, there is the old state or the
// new one. Only what SQLite itself cannot open is no state that could be kept: then step 3 does not
// happen, and its companions go first, in step 5. (The safety snapshot has all of it.)
//
// Somebody who opens the old file between step 4 and the rename waits for the lock, and then finds
// himself with a file that has no name; SQLite notices that before it writes
// (SQLITE_READONLY_DBMOVED) in rollback mode. The locks are held for some microseconds, and a look
// at all processes is the last thing before that.
//
// Rejected: PRAGMA journal_mode=DELETE, which would change the old state's mode; keeping SQLite's
// connection open over the rename, as it removes -wal and -shm by name when it is closed, and the
// names may be the new database's by then; a folder for both files, as no program looks into it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <vector>

#include "store/core/file.h"
#include "tools/sources/file_stamp.h"

namespace varve {

// A database's files as they are: itself and its companions, in the order of companions_of().
using DatabaseStamps = std::vector<std::optional<FileStamp>>;
DatabaseStamps stamps_of_database(const Path& database);

// Whether another file lies at `target` than lay there, by device and inode.
bool is_replaced(const Path& target, const std::optional<struct stat>& before) noexcept;

// Step 1: throws a locked Error that names the processes which use the database.
void require_unused_database(const Path& database);

// Step 3 for a database that nobody else uses: afterwards it is one file by itself. False where
// SQLite cannot open it (it is damaged, or none); then a log that means nothing to SQLite may be
// gone, and the database is as it was. Throws an Error
// where it could, but not now: locked, a full disk, no permission.
bool bring_to_rest(const Path& database);

// Not thread-safe.
class ReplacedDatabase {
 public:
  // Steps 1 to 5. `database` need not exist; orphaned companions are removed all the same. Throws
  // an Error with the old state as it was: a locked one where it is used, a failed one where it is
  // not as `expected` any more.
  ReplacedDatabase(const Path& database, const std::optional<DatabaseStamps>& expected);
  ~ReplacedDatabase() = default;
  ReplacedDatabase(const ReplacedDatabase&) = delete;
  ReplacedDatabase& operator=(const ReplacedDatabase&) = delete;

 private:
  void hold(const Path& database);

  std::optional<File> held_;  // with the locks; nothing where there was no database
};

}  // namespace varve
