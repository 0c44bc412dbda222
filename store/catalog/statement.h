// SQL on one SQLite connection: prepared statements that close themselves, and errors thrown.
// Not thread-safe, like the connection below.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "store/core/error.h"
#include "store/core/file.h"

namespace varve {

// What an SQLite result code means, for the catalog in `file`: full disk → no_space, damage →
// corrupt, another writer for too long → locked.
Error catalog_error(sqlite3* database, int code, const Path& file);

// A corrupt Error that says how to go on. `why` is for the log.
Error damaged_catalog(const Path& file, const std::string& why);

// A prepared statement.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql, const Path& file);  // `file` outlives it
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

 private:
  friend class Query;
  sqlite3* const database_;
  const Path& file_;
  sqlite3_stmt* statement_ = nullptr;
};

// One use of a prepared statement, reset at its end. One at a time for each Statement.
class Query {
 public:
  // Binds `values` to ?1, ?2, … Views must stay alive as long as the Query.
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : statement_(statement) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool step();  // whether there is a row (more)
  void run();   // for statements without rows

  // Columns of the present row, from 0. Views last until the next step().
  std::int64_t integer(int column) const;
  std::uint64_t number(int column) const;  // a corrupt Error where it is negative
  ByteView blob(int column) const;
  std::string_view text(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, ByteView value);
  void bind(int index, std::string_view value);
  void expect(int code) const;

  Statement& statement_;
};

}  // namespace varve
