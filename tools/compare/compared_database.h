// A SQLite database that is read row by row: one stored in a snapshot, or a live one.
//
// Errors of SQLite become an Error that names the database, with the store's own words where the
// store is why. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/core/error.h"
#include "store/core/file.h"
#include "store/read/file_reader.h"
#include "tools/compare/row.h"
#include "tools/sources/patience.h"
#include "tools/sources/snapshot_vfs.h"

namespace varve {

class ComparedDatabase {
 public:
  // A stored one; `file` must outlive it. `name` is for messages: "history.db of 2026-11-21T…".
  ComparedDatabase(FileReader& file, std::string name, std::stop_token stop);
  // A live one, opened for writing (a database in WAL mode could not be read otherwise), never
  // created. Waits for locks as `patience` says.
  ComparedDatabase(const Path& path, Patience patience);
  ~ComparedDatabase();
  ComparedDatabase(const ComparedDatabase&) = delete;
  ComparedDatabase& operator=(const ComparedDatabase&) = delete;

  sqlite3* handle() const noexcept { return handle_; }
  const std::string& name() const noexcept { return name_; }
  // Of a stored one: where it is read, as an alternative to the store. See SnapshotDatabase.
  void serve(SnapshotDatabase::Shortcut shortcut);

  // Of a live one: whether its file may not be written.
  bool is_read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }

  void run(const std::string& sql);
  // What went wrong, by the connection's last error; interrupted where a stop was asked for.
  Error failure(int code) const;

 private:
  std::string name_;
  std::stop_token stop_;
  std::unique_ptr<SnapshotDatabase> stored_;
  OwnedSqliteConnection live_;
  sqlite3* handle_ = nullptr;
};

}  // namespace varve
