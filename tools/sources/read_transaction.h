// A connection to somebody else's live database that only ever reads.
//
// It leaves things as it found them: it never rolls a crashed transaction back, never copies a
// write-ahead log into the database, and keeps no writer out (WAL), or only those that SQLite
// keeps out of a read transaction (rollback journal).
#pragma once

#include <chrono>

#include "tools/sources/patience.h"
#include "tools/sources/sqlite_error.h"
#include "tools/sources/sqlite_file.h"
#include "tools/sources/sqlite_handle.h"

namespace varve {

class ReadTransaction {
 public:
  // How the database file's header says that it is to be opened.
  //   rollback  for reading only: SQLite then reports a crashed transaction instead of rolling
  //             it back.
  //   wal       for reading and writing: without the right to make -wal and -shm, SQLite opens
  //             no WAL database that nobody else has open. They go again with the connection.
  enum class Mode { rollback, wal };

  // Opens, but reads nothing yet. `database` is absolute.
  ReadTransaction(const Path& database, Mode mode, Patience patience);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  // SQLITE_OK: from here until end() every read sees one state. Does not look at the schema.
  // Throws an interrupted Error where that ended the wait for a lock.
  SqliteResult begin();
  void end() noexcept;  // also without a transaction

  SqliteFile database() const;
  SqliteFile log() const;  // the write-ahead log, after begin() in WAL mode

 private:
  OwnedSqliteStatement prepare(const char* sql) const;
  SqliteFile file(int control, const Path& path) const;
  static int wait_for_lock(void* self, int tries) noexcept;  // SQLite's busy handler

  Path path_;
  Patience patience_;
  std::chrono::steady_clock::time_point wait_began_;
  bool log_was_there_;
  OwnedSqliteConnection connection_;
  OwnedSqliteStatement begin_;
  OwnedSqliteStatement read_;
  OwnedSqliteStatement end_;
};

}  // namespace varve
