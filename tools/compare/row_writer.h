// Rows put into a table of a live SQLite database.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/compare/sqlite_query.h"
#include "tools/compare/sqlite_schema.h"

namespace varve {

// Not thread-safe; the database must outlive it.
class RowWriter {
 public:
  // `key_at`: the primary key's places in `columns`, for update().
  RowWriter(const ComparedDatabase& live, const TableShape& table, std::vector<std::string> columns,
            std::vector<std::size_t> key_at);

  // False where that had no effect, as a trigger passed over it. Throws an Error; what stands
  // against this one row, a constraint, is named with the row: no conflict clause of the table
  // passes over it, or makes room for it by deleting others.
  bool insert(const Row& row);
  bool update(const Row& stored);  // of the row with its key; sets all columns

 private:
  bool run(SqliteQuery& query, const Row& row);

  const ComparedDatabase& live_;
  const TableShape table_;
  const std::vector<std::string> columns_;
  const std::vector<std::size_t> key_at_;
  SqliteQuery insert_;
  std::optional<SqliteQuery> update_;
};

}  // namespace varve
