#include "tools/restore/restored_rows.h"

#include <fmt/format.h>

#include <utility>

#include "tools/sources/postgres_row_counts.h"

namespace varve {
namespace {

using Counts = std::map<std::string, std::uint64_t>;

Counts count_rows(PostgresConnection& connection, const Counts& wanted) {
  const PostgresRows rows = connection.query(
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid "
      "WHERE c.relkind = 'r'");
  std::vector<PostgresTable> tables;
  for (int i = 0; i < rows.size(); ++i) {
    PostgresTable table{rows.at(i, 0), rows.at(i, 1)};
    if (wanted.contains(table.schema + '.' + table.name)) tables.push_back(std::move(table));
  }
  return PostgresRowCounts(connection, std::move(tables)).finish();
}

}  // namespace

RestoredRows check_restored_rows(PostgresConnection& connection, const Counts& recorded) {
  RestoredRows found{.counts = count_rows(connection, recorded), .faults = {}};
  for (const auto& [table, rows] : recorded) {
    const auto counted = found.counts.find(table);
    if (counted == found.counts.end()) {
      found.faults.push_back(fmt::format("table {} with {} rows is missing", table, rows));
    } else if (counted->second != rows) {
      found.faults.push_back(
          fmt::format("{} has {} rows, and {} were recorded", table, counted->second, rows));
    }
  }
  return found;
}

}  // namespace varve
