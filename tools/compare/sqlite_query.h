// One prepared statement of a compared database.
#pragma once

#include <string>

#include "tools/compare/compared_database.h"

namespace varve {

// Not thread-safe; the database must outlive it. Throws what ComparedDatabase::failure() says.
class SqliteQuery {
 public:
  // A second statement behind the first is a usage Error.
  SqliteQuery(const ComparedDatabase& database, const std::string& sql);

  void bind(int parameter, const SqlValue& value) { varve::bind(row(), parameter, value); }
  // Moves to the next row; false behind the last. After that, or reset(), it may run again.
  bool step();
  void reset() noexcept { sqlite3_reset(row()); }

  sqlite3_stmt* row() const noexcept { return statement_.get(); }
  std::string text(int column) const;
  std::int64_t number(int column) const { return sqlite3_column_int64(row(), column); }

 private:
  const ComparedDatabase& database_;
  OwnedSqliteStatement statement_;
};

}  // namespace varve
