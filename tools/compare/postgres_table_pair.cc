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

std::string missing_rows(const PostgresTablePair& table) {
  if (!table.key.empty()) {
    return fmt::format("SELECT {} FROM {} AS s WHERE NOT EXISTS (SELECT 1 FROM {} AS l WHERE {})",
                       for_each_column(table.columns, "s.{0}"), table.chosen, table.live,
                       key_matches(table));
  }
  return fmt::format(
      "SELECT {1} FROM (SELECT {0} FROM {2} AS s EXCEPT ALL SELECT {0} FROM {3}) AS r",
      for_each_column(table.columns, "{0}::text AS {0}"),
      for_each_column(table.columns, "{0}::{1} AS {0}"), table.chosen, table.live);
}

std::string key_matches(const PostgresTablePair& table) {
  return for_each_column(table.key, "l.{0} = s.{0}", " AND ");
}

std::string differs(const std::vector<Column>& columns) {
  return fmt::format("({})",
                     for_each_column(columns, "s.{0}::text IS DISTINCT FROM l.{0}::text", " OR "));
}

}  // namespace varve
