// A stored file as an SQLite database: SQLite reads it through the store, no mount needed. And a
// file that nobody uses, in the same way.
//
// A small file layer for SQLite (a VFS, named "varve", registered at first use). The database does
// not change, so there are no locks and no journals, and nothing is made beside it: to SQLite it is
// in rollback mode, whatever its head says. Other files are refused: temporary ones stay in memory.
//
// SQLite takes it for writable, though every write is refused: of a database that it can only read,
// it does not even look at the CHECK constraints, and integrity_check passes rows that break them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/core/file.h"
#include "store/read/file_reader.h"
#include "tools/sources/sqlite_handle.h"

namespace varve {

// A connection to such a file. Not thread-safe, except that sqlite3_interrupt on handle() may
// come from anywhere. What SQLite reads is not trusted: the schema runs no functions with side
// effects, and shadow tables cannot be written.
class SnapshotDatabase {
 public:
  // `file` must outlive it. Reads the head. Throws a failed Error if SQLite does
  // not start, a corrupt one where the store cannot give that.
  explicit SnapshotDatabase(FileReader& file);
  explicit SnapshotDatabase(const File& file);  // a failed Error where it cannot be read
  ~SnapshotDatabase();
  SnapshotDatabase(const SnapshotDatabase&) = delete;
  SnapshotDatabase& operator=(const SnapshotDatabase&) = delete;

  // Called with the count of bytes of each read, and now and then while SQLite computes (0).
  // Where it returns false, SQLite gives up what it is doing. It must not throw.
  using Watcher = std::function<bool(std::size_t bytes)>;
  void watch(Watcher watcher);

  // Asked for each part of the file before the store is: true where it filled all of `out` with
  // what stands at `offset`. For whoever has parts of the file in memory anyway. Must not throw.
  using Shortcut = std::function<bool(std::uint64_t offset, MutableBytes out)>;
  void serve(Shortcut shortcut);

  sqlite3* handle() const noexcept { return connection_.get(); }
  // Why a part of the file could not be read, where SQLite only says "disk I/O error". Empty
  // otherwise.
  const std::string& store_error() const;

  struct Entry;

 private:
  explicit SnapshotDatabase(std::unique_ptr<Entry> entry);

  std::unique_ptr<Entry> entry_;
  OwnedSqliteConnection connection_;
};

}  // namespace varve
