#include "tools/compare/postgres_orphans.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

namespace varve {
namespace {

// Foreign keys of {0} whose columns are all in {1}; not those that a key has made for each
// partition of what it refers to. What they say of a row r and its parent p comes as SQL: that p is
// it, that r refers to something, and to what.
constexpr const char* kForeignKeys = R"(
  SELECT CASE t.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || c.confrelid::regclass::text,
    n.nspname || '.' || t.relname,
    string_agg(quote_ident(a.attname), ',' ORDER BY k.place),
    string_agg(format('p.%I = r.%I', b.attname, a.attname), ' AND ' ORDER BY k.place),
    string_agg(format('r.%I IS NOT NULL', a.attname), ' AND ' ORDER BY k.place),
    string_agg(format('r.%I::text', a.attname), ' || '', '' || ' ORDER BY k.place)
  FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.confrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    CROSS JOIN unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(child, parent, place)
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.child
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.parent
  WHERE c.contype = 'f' AND c.conrelid = to_regclass({0}) AND NOT EXISTS (
    SELECT 1 FROM pg_constraint w WHERE w.oid = c.conparentid AND w.conrelid = c.conrelid)
  GROUP BY c.oid, c.conname, c.confrelid, n.nspname, t.relname, t.relkind
  HAVING bool_and(a.attname = ANY (ARRAY[{1}]))
  ORDER BY c.conname)";

struct ForeignKey {
  std::string parent_rows;  // for FROM
  std::string parent;       // "schema.table"
  std::string columns;
  std::string is_parent;
  std::string refers;
  std::string values;
};

std::vector<ForeignKey> foreign_keys_of(PostgresConnection& connection,
                                        const PostgresTablePair& table) {
  std::vector<std::string> names;
  for (const PostgresTablePair::Column& column : table.columns) {
    names.push_back(connection.literal(column.name));
  }
  const PostgresRows rows = connection.query(fmt::format(
      kForeignKeys, connection.literal(table.live), fmt::format("{}", fmt::join(names, ", "))));
  std::vector<ForeignKey> keys;
  for (int i = 0; i < rows.size(); ++i) {
    keys.push_back(
        {rows.at(i, 0), rows.at(i, 1), rows.at(i, 2), rows.at(i, 3), rows.at(i, 4), rows.at(i, 5)});
  }
  return keys;
}

std::string is_nowhere(const ForeignKey& key, const std::vector<PostgresTablePair>& recovered,
                       const RecoveredKinds& kinds) {
  const auto is_not_in = [&](const std::string& rows) {
    return fmt::format("NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})", rows, key.is_parent);
  };
  const auto comes_back = std::ranges::find_if(recovered, [&](const PostgresTablePair& one) {
    return one.found.table == key.parent && one.is_recovered();
  });
  std::string is_not_there = is_not_in(key.parent_rows);
  if (!kinds.missing || comes_back == recovered.end()) return is_not_there;
  return fmt::format("{} AND {}", is_not_there, is_not_in(comes_back->chosen));
}

}  // namespace

std::vector<OrphanRows> find_orphans(PostgresConnection& connection, const PostgresTablePair& table,
                                     const std::vector<PostgresTablePair>& recovered,
                                     const RecoveredKinds& kinds) {
  std::vector<OrphanRows> found;
  const std::string rows = rows_to_be(table, kinds);
  if (rows.empty()) return found;
  for (const ForeignKey& key : foreign_keys_of(connection, table)) {
    const PostgresRows counted = connection.query(
        fmt::format("SELECT count(*), min({}) FROM ({}) AS r WHERE {} AND {}", key.values, rows,
                    key.refers, is_nowhere(key, recovered, kinds)));
    if (counted.at(0, 0) == "0") continue;
    OrphanRows orphans;
    orphans.parent = key.parent;
    orphans.columns = key.columns;
    orphans.rows = std::stoull(counted.at(0, 0));
    orphans.example = fmt::format("{}={}", key.columns, counted.at(0, 1));
    orphans.is_stored = true;  // a dump is whole: its foreign keys hold
    found.push_back(std::move(orphans));
  }
  return found;
}

}  // namespace varve
