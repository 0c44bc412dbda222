// Reading the files of a live SQLite database without disturbing SQLite's locks.
//
// SQLite locks with fcntl(2), and these locks belong to the process: closing *any* descriptor
// of a file drops every lock that the process holds on it. A backup that opens the database
// file once more and closes it would pull the read transaction away from under itself. So
// nothing here opens a database file except through SQLite's own file layer, which knows all
// of its descriptors and closes them in time.
#pragma once

#include <sqlite3.h>

#include <memory>

#include "store/core/file.h"

namespace varve {

// A file that SQLite holds open: a view, valid as long as its connection (or OpenedSqliteFile).
class SqliteFile {
 public:
  // `path` is for messages.
  SqliteFile(sqlite3_file* file, Path path) : file_(file), path_(std::move(path)) {}

  std::uint64_t size() const;
  // Fills `out`; what lies beyond the file's end reads as zeros, as it does for SQLite.
  void read(std::uint64_t offset, MutableBytes out) const;

  sqlite3_file* handle() const noexcept { return file_; }
  const Path& path() const noexcept { return path_; }

 private:
  sqlite3_file* file_;
  Path path_;
};

// A database file opened for reading, without a connection and without locks.
class OpenedSqliteFile {
 public:
  explicit OpenedSqliteFile(const Path& path);  // absolute; throws an io Error

  const SqliteFile& file() const noexcept { return view_; }

 private:
  struct FreeName {
    void operator()(const char* name) const noexcept;
  };
  struct Close {
    void operator()(sqlite3_file* file) const noexcept;
  };
  std::unique_ptr<const char, FreeName> name_;  // the file layer keeps a pointer to it
  std::unique_ptr<sqlite3_file, Close> handle_;
  SqliteFile view_;
};

}  // namespace varve
