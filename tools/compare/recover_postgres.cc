#include "tools/compare/recover_postgres.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "tools/compare/plain_session.h"

namespace varve {
namespace {

constexpr int kRowsAtOnce = 500;

// Values of one row that stand behind each other in an answer.
std::vector<std::optional<std::string>> values_of(const PostgresRows& rows, int row, int first,
                                                  std::size_t count) {
  std::vector<std::optional<std::string>> values;
  for (std::size_t i = 0; i < count; ++i) {
    const int column = first + static_cast<int>(i);
    values.push_back(rows.is_null(row, column) ? std::nullopt
                                               : std::optional(rows.at(row, column)));
  }
  return values;
}

}  // namespace

PostgresRecovery::PostgresRecovery(const DumpTables& dump, PostgresConnection& connection,
                                   RecoveryRequest request)
    : dump_(dump), connection_(connection), request_(std::move(request)) {
  for (const char* setting : kPlainSession) connection_.query(fmt::format("SET {}", setting));
  std::set<std::size_t> known;
  for (const std::string& name : request_.tables) {
    Table table;
    table.number = dump_.find(name);
    if (!known.insert(table.number).second) continue;
    table.scratch = fmt::format("pg_temp.varve_stored_{}", table.number);
    table.found.table = dump_.table(table.number).table();
    prepare(table);
    tables_.push_back(std::move(table));
  }
  load();
  for (Table& table : tables_) examine_key(table);
  order_by_parents();
}

PostgresRecovery::~PostgresRecovery() = default;

std::string PostgresRecovery::identifiers(const std::vector<std::string>& names,
                                          const std::string& prefix) const {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(prefix + connection_.identifier(name));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

std::string PostgresRecovery::columns_of(const Table& table, const std::string& prefix) const {
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(column.name);
  return identifiers(names, prefix);
}

void PostgresRecovery::prepare(Table& table) {
  const ArchiveEntry& entry = dump_.table(table.number);
  table.live = fmt::format("{}.{}", connection_.identifier(entry.schema),
                           connection_.identifier(entry.name));
  const std::string regclass = fmt::format("to_regclass({})", connection_.literal(table.live));
  if (connection_.value(fmt::format("SELECT {} IS NULL", regclass)) == "t") {
    table.found.refusal =
        "the live database has no such table: restore it as a whole with pg_restore -t";
    return;
  }
  if (connection_.value(fmt::format("SELECT row_security_active({})", regclass)) == "t") {
    table.found.refusal = fmt::format(
        "a policy may hide rows of it from {}, which would count as missing: recover "
        "them as a role with BYPASSRLS, or as a superuser",
        connection_.user());
    return;
  }
  const PostgresRows columns = connection_.query(fmt::format(
      "SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '', attidentity = 'a', "
      "attnotnull AND NOT atthasdef AND attidentity = '' FROM pg_attribute "
      "WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
      regclass));
  const std::vector<std::string> stored = dump_.columns(table.number);
  for (int i = 0; i < columns.size(); ++i) {
    const std::string name = columns.at(i, 0);
    if (columns.at(i, 2) == "t") {
      table.generated.push_back(name);
      continue;
    }
    const bool is_stored = std::ranges::find(stored, name) != stored.end();
    if (is_stored) {
      table.columns.push_back({name, columns.at(i, 1), columns.at(i, 3) == "t"});
    } else if (columns.at(i, 4) == "t") {
      table.found.refusal =
          fmt::format("its column {} is new, must not be NULL and has no default", name);
    } else {
      table.found.notes.push_back(fmt::format("its column {} is new: it gets its default", name));
    }
  }
  const PostgresRows key = connection_.query(fmt::format(
      "SELECT attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k(number, place), "
      "pg_attribute a WHERE i.indrelid = {0} AND i.indisprimary AND a.attrelid = {0} "
      "AND a.attnum = k.number ORDER BY k.place",
      regclass));
  for (int i = 0; i < key.size(); ++i) table.key.push_back(key.at(i, 0));
  note_columns(table, stored);
  table.refers_to_itself = connection_.value(fmt::format(
                               "SELECT count(*) > 0 FROM pg_constraint WHERE contype = 'f' AND "
                               "conrelid = {0} AND confrelid = {0}",
                               regclass)) == "t";
  const PostgresRows triggers = connection_.query(fmt::format(
      "SELECT tgname FROM pg_trigger WHERE tgrelid = {} AND NOT tgisinternal AND tgenabled <> 'D' "
      "ORDER BY tgname",
      regclass));
  for (int i = 0; i < triggers.size(); ++i) {
    table.found.notes.push_back(
        fmt::format("its trigger {} runs as for any change", triggers.at(i, 0)));
  }
}

void PostgresRecovery::note_columns(Table& table, const std::vector<std::string>& stored) {
  const auto is_common = [&](const std::string& name) {
    return std::ranges::find(table.columns, name, &Column::name) != table.columns.end();
  };
  for (const std::string& name : stored) {
    if (is_common(name)) continue;
    const bool is_generated = std::ranges::find(table.generated, name) != table.generated.end();
    table.found.notes.push_back(fmt::format("its column {} is {}: its values stay in the snapshot",
                                            name, is_generated ? "generated now" : "no more"));
  }
  table.found.key = table.key;
  if (table.columns.empty()) table.found.refusal = "it has no column that the stored one has";
  if (!std::ranges::all_of(table.key, is_common)) {
    table.found.refusal = "its primary key has columns that the stored one has not";
  }
  if (table.key.empty()) {
    table.found.notes.emplace_back(
        "it has no primary key: whole rows are compared, and a changed row counts as missing");
  }
}

// The temporary tables, without any constraint of the live ones.
void PostgresRecovery::load() {
  std::vector<std::size_t> numbers;
  std::map<std::size_t, const Table*> by_number;
  for (const Table& table : tables_) {
    if (!table.found.refusal.empty()) continue;
    std::vector<std::string> columns;
    for (const std::string& name : dump_.columns(table.number)) {
      const bool is_live =
          std::ranges::find(table.columns, name, &Column::name) != table.columns.end();
      const std::string quoted = connection_.identifier(name);
      columns.push_back(is_live ? quoted : "NULL::text AS " + quoted);
    }
    connection_.query(fmt::format("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA",
                                  table.scratch.substr(table.scratch.find('.') + 1),
                                  fmt::join(columns, ", "), table.live));
    numbers.push_back(table.number);
    by_number[table.number] = &table;
  }
  const std::string encoding = dump_.encoding();
  dump_.read(numbers, [&](std::size_t number, const std::function<ByteView()>& next) {
    const Table& table = *by_number.at(number);
    connection_.copy_in(
        fmt::format(
            "COPY {} ({}) FROM STDIN{}", table.scratch, identifiers(dump_.columns(number), ""),
            encoding.empty() ? ""
                             : fmt::format(" WITH (ENCODING {})", connection_.literal(encoding))),
        next);
    connection_.query("ANALYZE " + table.scratch);
  });
}

// Where it was another one then, several stored rows may be meant by one key now.
void PostgresRecovery::examine_key(Table& table) {
  if (!table.found.refusal.empty() || table.key.empty()) return;
  const std::string is_shared = connection_.value(
      fmt::format("SELECT EXISTS (SELECT FROM {} GROUP BY {} HAVING count(*) > 1)", table.scratch,
                  identifiers(table.key, "")));
  if (is_shared != "t") return;
  table.found.refusal = fmt::format("its primary key is ({}) now, which several stored rows share",
                                    fmt::join(table.key, ", "));
}

// Foreign keys are checked with each statement.
void PostgresRecovery::order_by_parents() {
  std::vector<Table> ordered;
  std::vector<Table> left = std::move(tables_);
  while (!left.empty()) {
    auto next = std::ranges::find_if(left, [&](const Table& table) {
      return std::ranges::none_of(left, [&](const Table& other) {
        return other.number != table.number && table.found.refusal.empty() &&
               other.found.refusal.empty() &&
               connection_.value(fmt::format(
                   "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND "
                   "conrelid = to_regclass({}) AND confrelid = to_regclass({})",
                   connection_.literal(table.live), connection_.literal(other.live))) != "0";
      });
    });
    if (next == left.end()) next = left.begin();  // a circle: the server has the last word
    ordered.push_back(std::move(*next));
    left.erase(next);
  }
  tables_ = std::move(ordered);
}

std::string PostgresRecovery::chosen_rows(const Table& table) const {
  if (request_.where.empty()) return table.scratch;
  return fmt::format("(SELECT * FROM {} WHERE ({}\n))", table.scratch, request_.where);
}

std::string PostgresRecovery::key_matches(const Table& table) const {
  std::vector<std::string> parts;
  for (const std::string& column : table.key) {
    const std::string name = connection_.identifier(column);
    parts.push_back(fmt::format("l.{0} = s.{0}", name));
  }
  return fmt::format("{}", fmt::join(parts, " AND "));
}

// Stored rows that the live table has not, with the columns that both have.
std::string PostgresRecovery::missing_rows(const Table& table) const {
  if (!table.key.empty()) {
    return fmt::format("SELECT {} FROM {} AS s WHERE NOT EXISTS (SELECT 1 FROM {} AS l WHERE {})",
                       columns_of(table, "s."), chosen_rows(table), table.live, key_matches(table));
  }
  // The first of equal rows here stands for the first there, and so on.
  std::vector<std::string> texts;
  for (const Column& column : table.columns) {
    texts.push_back(fmt::format("{}::text", connection_.identifier(column.name)));
  }
  const std::string numbered = fmt::format(
      "ROW({0})::text AS varve_row, row_number() OVER (PARTITION BY ROW({0})::text) AS "
      "varve_number",
      fmt::join(texts, ", "));
  return fmt::format(
      "SELECT {0} FROM (SELECT *, {1} FROM {2} AS r) AS s WHERE NOT EXISTS (SELECT 1 FROM (SELECT "
      "{1} FROM {3}) AS l WHERE l.varve_row = s.varve_row AND l.varve_number = s.varve_number)",
      columns_of(table, "s."), numbered, chosen_rows(table), table.live);
}

// The rows that come back, as they will be.
std::string PostgresRecovery::rows_to_be(const Table& table) const {
  std::vector<std::string> parts;
  if (request_.missing) parts.push_back(missing_rows(table));
  if (request_.changed && !table.key.empty()) {
    parts.push_back(fmt::format("SELECT {} {}", columns_of(table, "s."), differing_rows(table)));
  }
  return fmt::format("{}", fmt::join(parts, " UNION ALL "));
}

// s: the stored row, l: the live one. Only where there is a key.
std::string PostgresRecovery::differing_rows(const Table& table) const {
  std::vector<std::string> parts;
  for (const Column& column : table.columns) {
    const std::string name = connection_.identifier(column.name);
    parts.push_back(fmt::format("s.{0}::text IS DISTINCT FROM l.{0}::text", name));
  }
  return fmt::format("FROM {} AS s JOIN {} AS l ON {} WHERE ({})", chosen_rows(table), table.live,
                     key_matches(table), fmt::join(parts, " OR "));
}

// Foreign keys are checked at the end of a statement: rows of a table that refers to itself, which
// may come in any order, are gathered, and put into it by one.
std::string PostgresRecovery::begin_gathering(const Table& table,
                                              const RecoveryListener& listener) const {
  std::string gathered = fmt::format("pg_temp.varve_back_{}", table.number);
  listener.statement(
      fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA",
                  gathered, columns_of(table, ""), table.live),
      true);
  return gathered;
}

// Row by row through a cursor, in the order of the key.
void PostgresRecovery::tell_rows(Table& table, bool is_missing, const RecoveryListener& listener) {
  const std::size_t count = table.columns.size();
  std::vector<std::string> names;
  std::vector<std::string> stored;
  std::vector<std::string> live;
  std::vector<std::string> literals;
  for (const Column& column : table.columns) {
    const std::string name = connection_.identifier(column.name);
    names.push_back(column.name);
    stored.push_back(fmt::format("s.{}::text", name));
    live.push_back(fmt::format("l.{}::text", name));
    literals.push_back(fmt::format("quote_nullable(s.{}::text)", name));
  }
  const std::string order =
      table.key.empty() ? "" : fmt::format(" ORDER BY {}", identifiers(table.key, "s."));
  connection_.query(fmt::format(
      "DECLARE varve_rows NO SCROLL CURSOR FOR SELECT {}, {}{}{} {}{}", fmt::join(stored, ", "),
      fmt::join(literals, ", "), is_missing ? "" : ", ",
      is_missing ? "" : fmt::format("{}", fmt::join(live, ", ")),
      is_missing ? fmt::format("FROM ({}) AS s", missing_rows(table)) : differing_rows(table),
      order));
  const bool is_gathered = is_missing && request_.missing && table.refers_to_itself;
  std::string target = is_gathered ? "" : table.live;
  while (true) {
    const PostgresRows rows =
        connection_.query(fmt::format("FETCH {} FROM varve_rows", kRowsAtOnce));
    for (int row = 0; row < rows.size(); ++row) {
      ++(is_missing ? table.found.missing : table.found.changed);
      const auto stored_values = values_of(rows, row, 0, count);
      const auto quoted = values_of(rows, row, static_cast<int>(count), count);
      RecoveredRow found{is_missing, names, stored_values, {}};
      if (!is_missing) found.live = values_of(rows, row, static_cast<int>(2 * count), count);
      if (listener.row) listener.row(table.found.table, found);
      if (!listener.statement) continue;
      std::vector<std::string> parts;
      std::vector<std::string> key;
      for (std::size_t i = 0; i < count; ++i) {
        const std::string name = connection_.identifier(names[i]);
        const bool is_key = std::ranges::find(table.key, names[i]) != table.key.end();
        if (is_missing) {
          parts.push_back(*quoted[i]);
        } else if (is_key) {
          key.push_back(fmt::format("{} = {}", name, *quoted[i]));
        } else if (found.live[i] != stored_values[i] && !table.columns[i].is_fixed) {
          parts.push_back(fmt::format("{} = {}", name, *quoted[i]));
        }
      }
      if (parts.empty()) continue;  // what differs cannot be set
      if (target.empty()) target = begin_gathering(table, listener);
      listener.statement(
          is_missing ? fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})",
                                   target, columns_of(table, ""), fmt::join(parts, ", "))
                     : fmt::format("UPDATE {} SET {} WHERE {}", table.live, fmt::join(parts, ", "),
                                   fmt::join(key, " AND ")),
          is_missing ? request_.missing : request_.changed);
    }
    if (rows.size() < kRowsAtOnce) break;
  }
  connection_.query("CLOSE varve_rows");
  if (!is_gathered || target.empty()) return;
  listener.statement(
      fmt::format("INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM {2}", table.live,
                  columns_of(table, ""), target),
      true);
}

// Rows whose parents are neither there nor come back themselves.
void PostgresRecovery::find_orphans(Table& table) {
  const std::string rows = rows_to_be(table);
  if (rows.empty()) return;
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(connection_.literal(column.name));
  const PostgresRows keys = connection_.query(fmt::format(
      "SELECT c.confrelid::regclass::text, n.nspname || '.' || p.relname, "
      "(SELECT string_agg(quote_ident(attname), ',' ORDER BY k.place) FROM unnest(c.conkey) WITH "
      "ORDINALITY AS k(number, place), pg_attribute WHERE attrelid = c.conrelid AND attnum = "
      "k.number), "
      "(SELECT string_agg(format('p.%I = r.%I', b.attname, a.attname), ' AND ') FROM "
      "unnest(c.conkey, c.confkey) AS k(child, parent), pg_attribute a, pg_attribute b WHERE "
      "a.attrelid = c.conrelid AND a.attnum = k.child AND b.attrelid = c.confrelid AND b.attnum = "
      "k.parent), "
      "(SELECT string_agg(format('r.%I IS NOT NULL', attname), ' AND ') FROM unnest(c.conkey) AS "
      "k(number), pg_attribute WHERE attrelid = c.conrelid AND attnum = k.number), "
      "(SELECT string_agg(format('r.%I::text', attname), ' || '', '' || ') FROM unnest(c.conkey) "
      "AS k(number), pg_attribute WHERE attrelid = c.conrelid AND attnum = k.number) "
      "FROM pg_constraint c, pg_class p, pg_namespace n WHERE c.contype = 'f' AND c.conrelid = "
      "to_regclass({}) AND p.oid = c.confrelid AND n.oid = p.relnamespace AND (SELECT "
      "bool_and(attname = ANY (ARRAY[{}])) FROM unnest(c.conkey) AS k(number), pg_attribute WHERE "
      "attrelid = c.conrelid AND attnum = k.number) ORDER BY c.conname",
      connection_.literal(table.live), fmt::join(names, ", ")));
  for (int i = 0; i < keys.size(); ++i) {
    const std::string parent = keys.at(i, 1);
    std::string returning;
    const auto recovered = std::ranges::find_if(tables_, [&](const Table& one) {
      return one.found.table == parent && one.found.refusal.empty();
    });
    if (request_.missing && recovered != tables_.end()) {
      returning = fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                              chosen_rows(*recovered), keys.at(i, 3));
    }
    const PostgresRows counted = connection_.query(fmt::format(
        "SELECT count(*), min({0}) FROM ({1}) AS r WHERE {2} AND NOT EXISTS (SELECT 1 FROM {3} AS "
        "p WHERE {4}){5}",
        keys.at(i, 5), rows, keys.at(i, 4), keys.at(i, 0), keys.at(i, 3), returning));
    if (counted.at(0, 0) == "0") continue;
    OrphanRows orphans;
    orphans.parent = parent;
    orphans.columns = keys.at(i, 2);
    orphans.rows = std::stoull(counted.at(0, 0));
    orphans.example = fmt::format("{}={}", orphans.columns, counted.at(0, 1));
    orphans.is_stored = true;  // a dump is whole: its foreign keys hold
    table.found.orphans.push_back(std::move(orphans));
  }
}

std::vector<TableRecovery> PostgresRecovery::survey(const RecoveryListener& asked) {
  RecoveryListener listener = asked;
  bool is_begun = false;
  if (asked.statement) {
    // Behind an error the server refuses all that follows, and makes a ROLLBACK of the COMMIT.
    listener.statement = [&](const std::string& sql, bool is_wanted) {
      if (is_wanted && !std::exchange(is_begun, true)) {
        asked.statement("BEGIN", true);
        for (const char* setting : kPlainSession) {
          asked.statement(fmt::format("SET LOCAL {}", setting), true);
        }
      }
      asked.statement(sql, is_wanted);
    };
  }
  connection_.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  std::vector<TableRecovery> all;
  for (Table& table : tables_) {
    table.found.missing = 0;
    table.found.changed = 0;
    table.found.orphans.clear();
    if (table.found.refusal.empty()) {
      tell_rows(table, true, listener);
      if (!table.key.empty()) tell_rows(table, false, listener);
      find_orphans(table);
    }
    all.push_back(table.found);
  }
  connection_.query("ROLLBACK");
  if (is_begun) asked.statement("COMMIT", true);
  return all;
}

// A trigger may pass over rows: what comes back is counted, and what was to.
void PostgresRecovery::insert(Table& table) {
  const PostgresRows counts = connection_.query(fmt::format(
      "WITH gone AS MATERIALIZED ({0}), done AS (INSERT INTO {1} ({2}) OVERRIDING SYSTEM VALUE "
      "SELECT {2} FROM gone RETURNING 1) "
      "SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM done)",
      missing_rows(table), table.live, columns_of(table, "")));
  table.found.inserted = std::stoull(counts.at(0, 1));
  table.found.passed_over += std::stoull(counts.at(0, 0)) - table.found.inserted;
}

void PostgresRecovery::update(Table& table) {
  std::vector<std::string> changes;
  std::vector<std::string> differences;
  for (const Column& column : table.columns) {
    const std::string name = connection_.identifier(column.name);
    if (column.is_fixed || std::ranges::find(table.key, column.name) != table.key.end()) continue;
    changes.push_back(fmt::format("{0} = s.{0}", name));
    differences.push_back(fmt::format("s.{0}::text IS DISTINCT FROM l.{0}::text", name));
  }
  if (changes.empty()) return;
  const std::string differ =
      fmt::format("{} AND ({})", key_matches(table), fmt::join(differences, " OR "));
  const PostgresRows counts = connection_.query(fmt::format(
      "WITH other AS MATERIALIZED (SELECT 1 FROM {0} AS l, {1} AS s WHERE {2}), done AS "
      "(UPDATE {0} AS l SET {3} FROM {1} AS s WHERE {2} RETURNING 1) "
      "SELECT (SELECT count(*) FROM other), (SELECT count(*) FROM done)",
      table.live, chosen_rows(table), differ, fmt::join(changes, ", ")));
  table.found.updated = std::stoull(counts.at(0, 1));
  table.found.passed_over += std::stoull(counts.at(0, 0)) - table.found.updated;
}

std::vector<TableRecovery> PostgresRecovery::apply() {
  connection_.query("BEGIN");
  std::vector<TableRecovery> done;
  try {
    connection_.query("SET CONSTRAINTS ALL DEFERRED");
    for (Table& table : tables_) {
      if (!table.found.refusal.empty()) continue;
      if (request_.missing) insert(table);
      if (request_.changed && !table.key.empty()) update(table);
      done.push_back(table.found);
    }
    connection_.query("COMMIT");
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed) throw;  // the session's end rolls it back
    throw Error(ErrorCode::failed, fmt::format("{}; nothing was changed", error.what()));
  }
  return done;
}

}  // namespace varve
