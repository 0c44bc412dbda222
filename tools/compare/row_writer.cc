#include "tools/compare/row_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/core/error.h"
#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr int kPrimaryCode = 0xff;

std::string insert_sql(const TableShape& table, const std::vector<std::string>& columns) {
  const std::vector<std::string> marks(columns.size(), "?");
  return fmt::format("INSERT{} INTO {}({}) VALUES ({})", table.conflict_words(),
                     quoted_name(table.name), quoted_names(columns), fmt::join(marks, ", "));
}

std::string update_sql(const TableShape& table, const std::vector<std::string>& columns,
                       const std::vector<std::size_t>& key_at) {
  std::vector<std::string> changes;
  for (const std::string& column : columns) changes.push_back(quoted_name(column) + " = ?");
  std::vector<std::string> key;
  for (const std::size_t at : key_at) key.push_back(columns[at]);
  return fmt::format("UPDATE{} {} SET {} WHERE {}", table.conflict_words(), quoted_name(table.name),
                     fmt::join(changes, ", "), equals_parameters(key));
}

}  // namespace

RowWriter::RowWriter(const ComparedDatabase& live, const TableShape& table,
                     std::vector<std::string> columns, std::vector<std::size_t> key_at)
    : live_(live),
      table_(table),
      columns_(std::move(columns)),
      key_at_(std::move(key_at)),
      insert_(live, insert_sql(table_, columns_)) {}

bool RowWriter::insert(const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) insert_.bind(static_cast<int>(i) + 1, row[i]);
  return run(insert_, row);
}

bool RowWriter::update(const Row& stored) {
  if (!update_) update_.emplace(live_, update_sql(table_, columns_, key_at_));
  int parameter = 0;
  for (const SqlValue& value : stored) update_->bind(++parameter, value);
  for (const std::size_t at : key_at_) update_->bind(++parameter, stored[at]);
  return run(*update_, stored);
}

bool RowWriter::run(SqliteQuery& query, const Row& row) {
  try {
    query.step();
    query.reset();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed) throw;
    const int code = sqlite3_errcode(live_.handle()) & kPrimaryCode;
    const bool is_about_row = code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH;
    throw Error(ErrorCode::failed,
                is_about_row
                    ? fmt::format("{}; it is about this row of {}: {}. Nothing was changed: leave "
                                  "it out with --where, or make room for it",
                                  error.what(), table_.name, one_line(assignments(columns_, row)))
                    : fmt::format("{}; nothing was changed", error.what()));
  }
  return sqlite3_changes64(live_.handle()) > 0;
}

}  // namespace varve
