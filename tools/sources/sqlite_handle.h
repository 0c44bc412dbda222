// SQLite's objects, owned.
#pragma once

#include <sqlite3.h>

#include <memory>

namespace varve {

struct FinalizeSqliteStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using OwnedSqliteStatement = std::unique_ptr<sqlite3_stmt, FinalizeSqliteStatement>;

// Statements of the connection must be gone before it is.
struct CloseSqliteConnection {
  void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
};
using OwnedSqliteConnection = std::unique_ptr<sqlite3, CloseSqliteConnection>;

}  // namespace varve
