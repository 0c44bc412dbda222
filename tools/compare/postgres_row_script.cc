#include "tools/compare/postgres_row_script.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace varve {
namespace {

constexpr int kRowsAtOnce = 500;
constexpr const char* kAsText = "s.{0}::text";
constexpr const char* kAsLiteral = "quote_nullable(s.{0}::text)";
constexpr const char* kLiveAsText = "l.{0}::text";

using Values = std::vector<std::optional<std::string>>;

// One row of an answer, which holds the values of all columns several times, behind each other.
class FoundRow {
 public:
  FoundRow(const PostgresRows& rows, int row, std::size_t columns)
      : rows_(rows), row_(row), columns_(columns) {}

  Values values(std::size_t time) const {
    Values found;
    for (std::size_t i = 0; i < columns_; ++i) {
      const int column = static_cast<int>(time * columns_ + i);
      found.push_back(rows_.is_null(row_, column) ? std::nullopt
                                                  : std::optional(rows_.at(row_, column)));
    }
    return found;
  }

 private:
  const PostgresRows& rows_;
  const int row_;
  const std::size_t columns_;
};

void for_each_row(PostgresConnection& connection, const PostgresTablePair& table,
                  const std::string& select, const std::function<void(const FoundRow&)>& take) {
  const std::string order =
      table.key.empty() ? "" : " ORDER BY " + for_each_column(table.key, "s.{0}");
  connection.query(fmt::format("DECLARE varve_rows NO SCROLL CURSOR FOR {}{}", select, order));
  while (true) {
    const PostgresRows rows =
        connection.query(fmt::format("FETCH {} FROM varve_rows", kRowsAtOnce));
    for (int row = 0; row < rows.size(); ++row) take({rows, row, table.columns.size()});
    if (rows.size() < kRowsAtOnce) break;
  }
  connection.query("CLOSE varve_rows");
}

std::vector<std::string> names_of(const PostgresTablePair& table) {
  std::vector<std::string> names;
  for (const PostgresTablePair::Column& column : table.columns) names.push_back(column.name);
  return names;
}

// Into `target`: the table, or where its rows are gathered.
std::string insert_statement(const PostgresTablePair& table, const std::string& target,
                             const Values& literals) {
  std::vector<std::string> values;
  for (const auto& literal : literals) values.push_back(*literal);
  return fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})", target,
                     for_each_column(table.columns, "{0}"), fmt::join(values, ", "));
}

// Foreign keys are checked at the end of a statement: rows of a table that refers to itself, which
// may come in any order, are gathered, and put into it by one.
class Gathering {
 public:
  Gathering(const PostgresTablePair& table, const RecoveryListener& listener)
      : table_(table),
        listener_(listener),
        place_(fmt::format("pg_temp.varve_back_{}", table.number)) {}

  const std::string& place() {
    if (!std::exchange(is_begun_, true)) {
      listener_.statement(
          fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA",
                      place_, columns(), table_.live),
          true);
    }
    return place_;
  }
  void finish() const {
    if (!is_begun_) return;
    listener_.statement(
        fmt::format("INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM {2}",
                    table_.live, columns(), place_),
        true);
  }

 private:
  std::string columns() const { return for_each_column(table_.columns, "{0}"); }

  const PostgresTablePair& table_;
  const RecoveryListener& listener_;
  const std::string place_;
  bool is_begun_ = false;
};

// Empty where what differs cannot be set.
std::string update_statement(const PostgresTablePair& table, const RecoveredRow& row,
                             const Values& literals) {
  std::vector<std::string> changes;
  std::vector<std::string> key;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const PostgresTablePair::Column& column = table.columns[i];
    const std::string equation = fmt::format("{} = {}", column.quoted, *literals[i]);
    if (table.is_of_key(column)) {
      key.push_back(equation);
    } else if (row.live[i] != row.stored[i] && !column.is_fixed) {
      changes.push_back(equation);
    }
  }
  if (changes.empty()) return {};
  return fmt::format("UPDATE {} SET {} WHERE {}", table.own_rows, fmt::join(changes, ", "),
                     fmt::join(key, " AND "));
}

}  // namespace

void tell_missing_rows(PostgresConnection& connection, PostgresTablePair& table, bool is_wanted,
                       const RecoveryListener& listener) {
  const std::vector<std::string> names = names_of(table);
  const std::string select =
      fmt::format("SELECT {}, {} FROM ({}) AS s", for_each_column(table.columns, kAsText),
                  for_each_column(table.columns, kAsLiteral), missing_rows(table));
  Gathering gathering(table, listener);
  const bool gathers = is_wanted && table.refers_to_itself;
  for_each_row(connection, table, select, [&](const FoundRow& row) {
    ++table.found.missing;
    if (listener.row) listener.row(table.found.table, {true, names, row.values(0), {}});
    if (!listener.statement) return;
    const std::string& target = gathers ? gathering.place() : table.live;
    listener.statement(insert_statement(table, target, row.values(1)), is_wanted);
  });
  gathering.finish();
}

void tell_changed_rows(PostgresConnection& connection, PostgresTablePair& table, bool is_wanted,
                       const RecoveryListener& listener) {
  const std::vector<std::string> names = names_of(table);
  const std::string select = fmt::format(
      "SELECT {}, {}, {} FROM {} AS s JOIN {} AS l ON {} WHERE {}",
      for_each_column(table.columns, kAsText), for_each_column(table.columns, kAsLiteral),
      for_each_column(table.columns, kLiveAsText), table.chosen, table.own_rows, key_matches(table),
      differs(table.columns));
  for_each_row(connection, table, select, [&](const FoundRow& row) {
    ++table.found.changed;
    const RecoveredRow found{false, names, row.values(0), row.values(2)};
    if (listener.row) listener.row(table.found.table, found);
    if (!listener.statement) return;
    const std::string statement = update_statement(table, found, row.values(1));
    if (!statement.empty()) listener.statement(statement, is_wanted);
  });
}

}  // namespace varve
