#include "tools/compare/postgres_scratch_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace varve {
namespace {

// Without any constraint of the live one.
void make_scratch_table(PostgresConnection& connection, const PostgresTablePair& table,
                        const std::vector<std::string>& stored) {
  std::vector<std::string> columns;
  for (const std::string& name : stored) {
    const std::string quoted = connection.identifier(name);
    columns.push_back(table.is_common(name) ? quoted : "NULL::text AS " + quoted);
  }
  connection.query(fmt::format("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA",
                               table.scratch, fmt::join(columns, ", "), table.live));
}

// `rows`: those of one partition, or of the table.
std::string copy_statement(const DumpTables& dump, PostgresConnection& connection,
                           const PostgresTablePair& table, std::size_t rows) {
  std::vector<std::string> columns;
  for (const std::string& name : dump.columns(rows)) {
    columns.push_back(connection.identifier(name));
  }
  const std::string encoding = dump.encoding();
  return fmt::format(
      "COPY {} ({}) FROM STDIN{}", table.scratch, fmt::join(columns, ", "),
      encoding.empty() ? "" : fmt::format(" WITH (ENCODING {})", connection.literal(encoding)));
}

// Where it was another one then, several stored rows may be meant by one key now.
void examine_key(PostgresConnection& connection, PostgresTablePair& table) {
  if (!table.is_recovered() || table.key.empty()) return;
  const std::string is_shared =
      connection.value(fmt::format("SELECT EXISTS (SELECT FROM {} GROUP BY {} HAVING count(*) > 1)",
                                   table.scratch, for_each_column(table.key, "{0}")));
  if (is_shared != "t") return;
  table.found.refusal = fmt::format("its primary key is ({}) now, which several stored rows share",
                                    fmt::join(table.found.key, ", "));
}

}  // namespace

void load_scratch_tables(const DumpTables& dump, PostgresConnection& connection,
                         std::vector<PostgresTablePair>& tables) {
  std::vector<std::size_t> all_rows;
  std::map<std::size_t, const PostgresTablePair*> table_of;
  for (const PostgresTablePair& table : tables) {
    if (!table.is_recovered()) continue;
    const std::vector<std::size_t> parts = dump.rows_of(table.number);
    make_scratch_table(connection, table, dump.columns(parts.front()));
    for (const std::size_t rows : parts) {
      all_rows.push_back(rows);
      table_of[rows] = &table;
    }
  }
  dump.read(all_rows, [&](std::size_t rows, const std::function<ByteView()>& next) {
    connection.copy_in(copy_statement(dump, connection, *table_of.at(rows), rows), next);
  });
  for (const PostgresTablePair& table : tables) {
    if (table.is_recovered()) connection.query("ANALYZE " + table.scratch);
  }
  for (PostgresTablePair& table : tables) examine_key(connection, table);
}

}  // namespace varve
