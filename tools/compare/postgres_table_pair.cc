#include "tools/compare/postgres_table_pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {

using Column = PostgresTablePair::Column;

bool PostgresTablePair::is_common(const std::string& name) const {
  return std::ranges::find(columns, name, &Column::name) != columns.end();
}

bool PostgresTablePair::is_of_key(const Column& column) const {
  return std::ranges::find(key, column.name, &Column::name) != key.end();
}

std::vector<Column> PostgresTablePair::settable() const {
  std::vector<Column> others = columns;
  std::erase_if(others,
                [this](const Column& column) { return column.is_fixed || is_of_key(column); });
  return others;
}

std::string for_each_column(const std::vector<Column>& columns, std::string_view pattern,
                            std::string_view separator) {
  std::string all;
  for (const Column& column : columns) {
    if (!all.empty()) all += separator;
    all += fmt::format(fmt::runtime(pattern), column.quoted, column.type);
  }
  return all;
}

namespace {

// A name that no column has.
std::string free_name(const PostgresTablePair& table, std::string name) {
  while (table.is_common(name)) name += '_';
  return name;
}

}  // namespace

std::string missing_rows(const PostgresTablePair& table) {
  if (!table.key.empty()) {
    return fmt::format("SELECT {} FROM {} AS s WHERE NOT EXISTS (SELECT 1 FROM {} AS l WHERE {})",
                       for_each_column(table.columns, "s.{0}"), table.chosen, table.own_rows,
                       key_matches(table));
  }
  // The first of equal rows here stands for the first there, and so on.
  const std::string row = free_name(table, "varve_row");
  const std::string number = free_name(table, "varve_number");
  const std::string numbered =
      fmt::format("ROW({0})::text AS {1}, row_number() OVER (PARTITION BY ROW({0})::text) AS {2}",
                  for_each_column(table.columns, "{0}::text"), row, number);
  return fmt::format(
      "SELECT {0} FROM (SELECT {1}, {2} FROM {3} AS r) AS s WHERE NOT EXISTS (SELECT 1 FROM "
      "(SELECT {2} FROM {4}) AS l WHERE l.{5} = s.{5} AND l.{6} = s.{6})",
      for_each_column(table.columns, "s.{0}"), for_each_column(table.columns, "{0}"), numbered,
      table.chosen, table.own_rows, row, number);
}

std::string rows_to_be(const PostgresTablePair& table, const RecoveredKinds& kinds) {
  const bool has_changed = kinds.changed && !table.key.empty();
  const std::string changed = fmt::format(
      "SELECT {} FROM {} AS s JOIN {} AS l ON {} WHERE {}", for_each_column(table.columns, "s.{0}"),
      table.chosen, table.own_rows, has_changed ? key_matches(table) : "", differs(table.columns));
  if (!kinds.missing) return has_changed ? changed : "";
  return has_changed ? missing_rows(table) + " UNION ALL " + changed : missing_rows(table);
}

std::string key_matches(const PostgresTablePair& table) {
  return for_each_column(table.key, "l.{0} = s.{0}", " AND ");
}

std::string differs(const std::vector<Column>& columns) {
  return fmt::format("({})",
                     for_each_column(columns, "s.{0}::text IS DISTINCT FROM l.{0}::text", " OR "));
}

}  // namespace varve
