#include "tools/sources/postgres_row_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tools/sources/postgres_encoding.h"

namespace varve {
namespace {

// Of the table alone: rows of tables that inherit from it are dumped as theirs.
std::uint64_t count(PostgresConnection& connection, const PostgresTable& table) {
  return std::stoull(connection.value(fmt::format("SELECT count(*) FROM ONLY {}.{}",
                                                  connection.identifier(table.schema),
                                                  connection.identifier(table.name))));
}

PostgresTable table_at(const PostgresConnection& connection, const PostgresRows& rows, int row) {
  const std::string schema = rows.at(row, 0);
  const std::string name = rows.at(row, 1);
  return {schema, name, to_utf8(schema + '.' + name, connection.encoding())};
}

RowCounts count_all(PostgresConnection& connection, const std::vector<PostgresTable>& tables,
                    const std::stop_token& stop) {
  const PostgresConnection::Interruptible interruptible(connection, stop);
  RowCounts counts;
  for (const PostgresTable& table : tables) {
    counts[table.recorded] = count(connection, table);
  }
  return counts;
}

}  // namespace

std::string recorded_name(const RowCounts& recorded, const std::string& table,
                          const std::string& encoding) {
  if (recorded.contains(table)) return table;
  const auto found = std::ranges::find_if(
      recorded, [&](const auto& one) { return to_utf8(one.first, encoding) == table; });
  return found == recorded.end() ? table : found->first;
}

std::vector<PostgresTable> tables_with_rows(PostgresConnection& connection) {
  const PostgresRows rows = connection.query(R"(
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid
    WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                        AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1, 2)");
  std::vector<PostgresTable> tables;
  for (int i = 0; i < rows.size(); ++i) tables.push_back(table_at(connection, rows, i));
  return tables;
}

std::vector<PostgresTable> tables_of(PostgresConnection& connection, const RowCounts& recorded,
                                     const std::string& encoding) {
  const PostgresRows rows = connection.query(
      "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON c.relnamespace = n.oid "
      "WHERE c.relkind = 'r'");
  std::vector<PostgresTable> tables;
  for (int i = 0; i < rows.size(); ++i) {
    PostgresTable table = table_at(connection, rows, i);
    table.recorded = recorded_name(recorded, table.recorded, encoding);
    if (recorded.contains(table.recorded)) tables.push_back(std::move(table));
  }
  return tables;
}

PostgresRowCounts::PostgresRowCounts(PostgresConnection& connection,
                                     std::vector<PostgresTable> tables)
    : counts_(std::async(std::launch::async,
                         [&connection, tables = std::move(tables), stop = stop_.get_token()] {
                           return count_all(connection, tables, stop);
                         })) {}

PostgresRowCounts::~PostgresRowCounts() { stop_.request_stop(); }

}  // namespace varve
