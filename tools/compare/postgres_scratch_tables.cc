#include "tools/compare/postgres_scratch_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace varve {
namespace {

// Looks at both tables, once for each pair.
class Pairing {
 public:
  Pairing(const DumpTables& dump, PostgresConnection& connection, std::size_t number,
          const std::string& where)
      : connection_(connection), stored_(dump.columns(number)) {
    const ArchiveEntry& entry = dump.table(number);
    table_.number = number;
    table_.live = fmt::format("{}.{}", connection_.identifier(entry.schema),
                              connection_.identifier(entry.name));
    table_.scratch = fmt::format("pg_temp.varve_stored_{}", number);
    table_.chosen = where.empty()
                        ? table_.scratch
                        : fmt::format("(SELECT * FROM {} WHERE ({}\n))", table_.scratch, where);
    table_.found.table = entry.table();
    regclass_ = fmt::format("to_regclass({})", connection_.literal(table_.live));
  }

  PostgresTablePair run() {
    if (connection_.value(fmt::format("SELECT {} IS NULL", regclass_)) == "t") {
      table_.found.refusal =
          "the live database has no such table: varve restore --table brings it back as a whole";
      return std::move(table_);
    }
    if (connection_.value(fmt::format("SELECT row_security_active({})", regclass_)) == "t") {
      table_.found.refusal = fmt::format(
          "a policy may hide rows of it from {}, which would count as missing: recover "
          "them as a role with BYPASSRLS, or as a superuser",
          connection_.user());
      return std::move(table_);
    }
    look_at_columns();
    note_stored_columns();
    look_at_key();
    look_for_itself();
    note_triggers();
    return std::move(table_);
  }

 private:
  bool is_stored(const std::string& name) const {
    return std::ranges::find(stored_, name) != stored_.end();
  }
  void note(std::string line) { table_.found.notes.push_back(std::move(line)); }

  void look_at_columns() {
    const PostgresRows columns = connection_.query(fmt::format(
        "SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '', attidentity = 'a', "
        "attnotnull AND NOT atthasdef AND attidentity = '' FROM pg_attribute "
        "WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        regclass_));
    for (int i = 0; i < columns.size(); ++i) {
      const std::string name = columns.at(i, 0);
      if (columns.at(i, 2) == "t") {
        table_.generated.push_back(name);
      } else if (is_stored(name)) {
        table_.columns.push_back({.name = name,
                                  .quoted = connection_.identifier(name),
                                  .type = columns.at(i, 1),
                                  .is_fixed = columns.at(i, 3) == "t"});
      } else if (columns.at(i, 4) == "t") {
        table_.found.refusal =
            fmt::format("its column {} is new, must not be NULL and has no default", name);
      } else {
        note(fmt::format("its column {} is new: it gets its default", name));
      }
    }
    if (table_.columns.empty()) {
      table_.found.refusal = "it has no column that the stored one has";
    }
  }

  void note_stored_columns() {
    for (const std::string& name : stored_) {
      if (table_.is_common(name)) continue;
      const bool is_generated = std::ranges::find(table_.generated, name) != table_.generated.end();
      note(fmt::format("its column {} is {}: its values stay in the snapshot", name,
                       is_generated ? "generated now" : "no more"));
    }
  }

  void look_at_key() {
    const PostgresRows key = connection_.query(fmt::format(
        "SELECT attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), "
        "pg_attribute a WHERE i.indrelid = {0} AND i.indisprimary AND a.attrelid = {0} "
        "AND a.attnum = k.number ORDER BY k.place",
        regclass_));
    for (int i = 0; i < key.size(); ++i) {
      const std::string name = key.at(i, 0);
      table_.key.push_back({.name = name, .quoted = connection_.identifier(name)});
      table_.found.key.push_back(name);
      if (table_.is_common(name)) continue;
      table_.found.refusal = "its primary key has columns that the stored one has not";
    }
    if (!table_.key.empty()) return;
    note("it has no primary key: whole rows are compared, and a changed row counts as missing");
  }

  void look_for_itself() {
    table_.refers_to_itself =
        connection_.value(fmt::format("SELECT count(*) > 0 FROM pg_constraint WHERE contype = 'f' "
                                      "AND conrelid = {0} AND confrelid = {0}",
                                      regclass_)) == "t";
  }

  void note_triggers() {
    const PostgresRows triggers = connection_.query(
        fmt::format("SELECT tgname FROM pg_trigger WHERE tgrelid = {} AND NOT tgisinternal AND "
                    "tgenabled <> 'D' ORDER BY tgname",
                    regclass_));
    for (int i = 0; i < triggers.size(); ++i) {
      note(fmt::format("its trigger {} runs as for any change", triggers.at(i, 0)));
    }
  }

  PostgresConnection& connection_;
  const std::vector<std::string> stored_;  // columns
  std::string regclass_;                   // the live table, as SQL
  PostgresTablePair table_;
};

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

std::string copy_statement(const DumpTables& dump, PostgresConnection& connection,
                           const PostgresTablePair& table) {
  std::vector<std::string> columns;
  for (const std::string& name : dump.columns(table.number)) {
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

PostgresTablePair pair_tables(const DumpTables& dump, PostgresConnection& connection,
                              std::size_t number, const std::string& where) {
  return Pairing(dump, connection, number, where).run();
}

void load_scratch_tables(const DumpTables& dump, PostgresConnection& connection,
                         std::vector<PostgresTablePair>& tables) {
  std::vector<std::size_t> numbers;
  std::map<std::size_t, const PostgresTablePair*> by_number;
  for (const PostgresTablePair& table : tables) {
    if (!table.is_recovered()) continue;
    make_scratch_table(connection, table, dump.columns(table.number));
    numbers.push_back(table.number);
    by_number[table.number] = &table;
  }
  dump.read(numbers, [&](std::size_t number, const std::function<ByteView()>& next) {
    const PostgresTablePair& table = *by_number.at(number);
    connection.copy_in(copy_statement(dump, connection, table), next);
    connection.query("ANALYZE " + table.scratch);
  });
  for (PostgresTablePair& table : tables) examine_key(connection, table);
}

}  // namespace varve
