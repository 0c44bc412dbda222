// Rows of a table as statements of SQLite give them, for comparisons: selected with the rowid in
// front, made into changes, found again in the other database.
//
// Rows stay where SQLite has them for as long as they are only looked at. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/compare/sqlite_query.h"
#include "tools/compare/table_comparison.h"

namespace varve {

// Behind the rowid, or NULL in its place.
constexpr int kFirstColumn = 1;

// The rowid, or NULL where it cannot be named, and these columns.
std::string select_rows(const TableShape& table, const std::vector<std::string>& columns,
                        const std::string& condition);
void for_each_row(SqliteQuery& query, const std::stop_token& stop,
                  const std::function<void(sqlite3_stmt*)>& take);

// Of rows so selected.
RowChange removed_row(sqlite3_stmt* row);
RowChange added_row(sqlite3_stmt* row);
RowChange changed_row(sqlite3_stmt* before, sqlite3_stmt* after);

bool has_null_key(const TablePair& pair, const Row& row);
bool has_null_key(const TablePair& pair, sqlite3_stmt* row);

// Rows of one side found by the primary key of the other.
class KeyLookup {
 public:
  KeyLookup(const ComparedDatabase& database, const TableShape& table, const TablePair& pair);

  // The row with the key that `row` has; null where there is none. Valid until the next call.
  sqlite3_stmt* find(const Row& row);
  // Of another statement's row.
  sqlite3_stmt* find(sqlite3_stmt* row);

 private:
  sqlite3_stmt* find(const std::function<void(int parameter, std::size_t column)>& bind_key);

  const std::vector<std::size_t> key_at_;
  SqliteQuery query_;
};

// Equal rows of the other side, for the few that have NULL in their primary key: such a row may
// stand there many times, and each stands for one.
class NullKeyRows {
 public:
  explicit NullKeyRows(const TablePair& pair);

  // Whether there is one that was not taken yet. They are counted when the first of them is asked
  // for, so what the caller inserts behind that counts for nothing.
  bool take(sqlite3_stmt* row);

 private:
  std::uint64_t count(sqlite3_stmt* row);

  SqliteQuery query_;
  std::unordered_map<Fingerprint, std::uint64_t> left_;
};

// Counts of equal rows.
class EqualRows {
 public:
  void add(sqlite3_stmt* row);
  // Whether one was left.
  bool take(sqlite3_stmt* row);

 private:
  std::unordered_map<Fingerprint, std::uint64_t> counts_;
};

}  // namespace varve
