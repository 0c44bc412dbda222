#include "tools/compare/table_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/parallel.h"

namespace varve {
namespace {

std::optional<std::int64_t> rowid_of(sqlite3_stmt* row) {
  if (sqlite3_column_type(row, 0) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_int64(row, 0);
}

std::string has_key_of(const TablePair& pair) {
  std::string text;
  for (const std::string& column : pair.key) {
    text += fmt::format("{} {} = ?", text.empty() ? " WHERE" : " AND", quoted_name(column));
  }
  return text;
}

std::string is_equal(const TablePair& pair) {
  std::string condition;
  for (const std::string& column : pair.columns) {
    condition +=
        fmt::format("{} {} IS ?", condition.empty() ? " WHERE" : " AND", quoted_name(column));
  }
  return condition;
}

}  // namespace

std::string select_rows(const TableShape& table, const std::vector<std::string>& columns,
                        const std::string& condition) {
  return fmt::format("SELECT {}{}{} FROM {}{}", table.rowid.empty() ? "NULL" : table.rowid,
                     columns.empty() ? "" : ", ", quoted_names(columns), quoted_name(table.name),
                     condition);
}

void for_each_row(SqliteQuery& query, const std::stop_token& stop,
                  const std::function<void(sqlite3_stmt*)>& take) {
  while (query.step()) {
    throw_if_stopped(stop);
    take(query.row());
  }
}

RowChange removed_row(sqlite3_stmt* row) {
  return {ChangeKind::removed, row_at(row, kFirstColumn), {}, rowid_of(row)};
}
RowChange added_row(sqlite3_stmt* row) {
  return {ChangeKind::added, {}, row_at(row, kFirstColumn), rowid_of(row)};
}
RowChange changed_row(sqlite3_stmt* before, sqlite3_stmt* after) {
  return {ChangeKind::changed, row_at(before, kFirstColumn), row_at(after, kFirstColumn),
          rowid_of(before)};
}

bool has_null_key(const TablePair& pair, const Row& row) {
  return std::ranges::any_of(pair.key_at, [&](std::size_t at) { return is_null(row[at]); });
}

bool has_null_key(const TablePair& pair, sqlite3_stmt* row) {
  return std::ranges::any_of(pair.key_at, [&](std::size_t at) {
    return sqlite3_column_type(row, static_cast<int>(at) + kFirstColumn) == SQLITE_NULL;
  });
}

KeyLookup::KeyLookup(const ComparedDatabase& database, const TableShape& table,
                     const TablePair& pair)
    : key_at_(pair.key_at), query_(database, select_rows(table, pair.columns, has_key_of(pair))) {}

sqlite3_stmt* KeyLookup::find(
    const std::function<void(int parameter, std::size_t column)>& bind_key) {
  query_.reset();
  for (std::size_t i = 0; i < key_at_.size(); ++i) {
    bind_key(static_cast<int>(i) + 1, key_at_[i]);
  }
  return query_.step() ? query_.row() : nullptr;
}

sqlite3_stmt* KeyLookup::find(const Row& row) {
  return find([&](int parameter, std::size_t column) { query_.bind(parameter, row[column]); });
}

sqlite3_stmt* KeyLookup::find(sqlite3_stmt* row) {
  return find([&](int parameter, std::size_t column) {
    sqlite3_bind_value(query_.row(), parameter,
                       sqlite3_column_value(row, static_cast<int>(column) + kFirstColumn));
  });
}

NullKeyRows::NullKeyRows(const TablePair& pair)
    : query_(pair.after_database, select_rows(pair.after, pair.columns, is_equal(pair))) {}

bool NullKeyRows::take(sqlite3_stmt* row) {
  const auto [left, is_first] = left_.try_emplace(fingerprint_of(row, kFirstColumn), 0);
  if (is_first) left->second = count(row);
  if (left->second == 0) return false;
  --left->second;
  return true;
}

// What a collation takes for equal does not have to be.
std::uint64_t NullKeyRows::count(sqlite3_stmt* row) {
  query_.reset();
  for (int i = kFirstColumn; i < sqlite3_column_count(row); ++i) {
    sqlite3_bind_value(query_.row(), i, sqlite3_column_value(row, i));
  }
  std::uint64_t found = 0;
  while (query_.step()) {
    if (equal_columns(row, query_.row(), kFirstColumn)) ++found;
  }
  return found;
}

void EqualRows::add(sqlite3_stmt* row) { ++counts_[fingerprint_of(row, kFirstColumn)]; }

bool EqualRows::take(sqlite3_stmt* row) {
  const auto found = counts_.find(fingerprint_of(row, kFirstColumn));
  if (found == counts_.end()) return false;
  if (--found->second == 0) counts_.erase(found);
  return true;
}

}  // namespace varve
