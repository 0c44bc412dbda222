#include "tools/compare/recover_postgres.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "tools/compare/plain_session.h"
#include "tools/compare/postgres_orphans.h"
#include "tools/compare/postgres_pairing.h"
#include "tools/compare/postgres_row_script.h"
#include "tools/compare/postgres_scratch_tables.h"

namespace varve {

namespace {

// Of a table and a partition of it the table alone: it has the partition's rows.
std::vector<std::size_t> numbers_of(const DumpTables& dump, const std::vector<std::string>& names) {
  std::vector<std::size_t> numbers;
  for (const std::string& name : names) numbers.push_back(dump.find(name));
  std::ranges::stable_sort(numbers, std::greater(),
                           [&](std::size_t number) { return dump.rows_of(number).size(); });
  std::set<std::size_t> taken;
  std::erase_if(numbers, [&](std::size_t number) {
    const std::vector<std::size_t> rows = dump.rows_of(number);
    const bool is_taken = taken.contains(rows.front());
    taken.insert(rows.begin(), rows.end());
    return is_taken;
  });
  return numbers;
}

}  // namespace

PostgresRecovery::PostgresRecovery(const DumpTables& dump, PostgresConnection& connection,
                                   RecoveryRequest request)
    : connection_(connection), request_(std::move(request)) {
  for (const std::string& setting : plain_session(connection)) connection_.query("SET " + setting);
  for (const std::size_t number : numbers_of(dump, request_.tables)) {
    tables_.push_back(pair_tables(dump, connection_, number, request_.where));
  }
  load_scratch_tables(dump, connection_, tables_);
  order_by_parents();
}

bool PostgresRecovery::refers_to(const PostgresTablePair& table,
                                 const PostgresTablePair& other) const {
  return connection_.value(fmt::format("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND "
                                       "conrelid = to_regclass({}) AND confrelid = to_regclass({})",
                                       connection_.literal(table.live),
                                       connection_.literal(other.live))) != "0";
}

// Foreign keys are checked with each statement.
void PostgresRecovery::order_by_parents() {
  std::vector<PostgresTablePair> ordered;
  std::vector<PostgresTablePair> left = std::move(tables_);
  while (!left.empty()) {
    auto next = std::ranges::find_if(left, [&](const PostgresTablePair& table) {
      return std::ranges::none_of(left, [&](const PostgresTablePair& other) {
        return other.number != table.number && table.is_recovered() && other.is_recovered() &&
               refers_to(table, other);
      });
    });
    if (next == left.end()) next = left.begin();  // a circle: the server has the last word
    ordered.push_back(std::move(*next));
    left.erase(next);
  }
  tables_ = std::move(ordered);
}

std::vector<TableRecovery> PostgresRecovery::survey(const RecoveryListener& asked) {
  RecoveryListener listener = asked;
  bool is_begun = false;
  if (asked.statement) {
    // Behind an error the server refuses all that follows, and makes a ROLLBACK of the COMMIT.
    listener.statement = [&](const std::string& sql, bool is_wanted) {
      if (is_wanted && !std::exchange(is_begun, true)) {
        asked.statement("BEGIN", true);
        for (const std::string& setting : plain_session(connection_)) {
          asked.statement(fmt::format("SET LOCAL {}", setting), true);
        }
      }
      asked.statement(sql, is_wanted);
    };
  }
  connection_.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  std::vector<TableRecovery> all;
  for (PostgresTablePair& table : tables_) {
    look_through(table, listener);
    all.push_back(table.found);
  }
  connection_.query("ROLLBACK");
  if (is_begun) asked.statement("COMMIT", true);
  return all;
}

void PostgresRecovery::look_through(PostgresTablePair& table, const RecoveryListener& listener) {
  table.found.missing = 0;
  table.found.changed = 0;
  table.found.orphans.clear();
  if (!table.is_recovered()) return;
  tell_missing_rows(connection_, table, request_.missing, listener);
  if (!table.key.empty()) tell_changed_rows(connection_, table, request_.changed, listener);
  table.found.orphans =
      find_orphans(connection_, table, tables_, {request_.missing, request_.changed});
}

// A trigger may pass over rows: what comes back is counted, and what was to.
void PostgresRecovery::insert(PostgresTablePair& table) {
  const PostgresRows counts = connection_.query(fmt::format(
      "WITH gone AS MATERIALIZED ({0}), done AS (INSERT INTO {1} ({2}) OVERRIDING SYSTEM VALUE "
      "SELECT {2} FROM gone RETURNING 1) "
      "SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM done)",
      missing_rows(table), table.live, for_each_column(table.columns, "{0}")));
  table.found.inserted = std::stoull(counts.at(0, 1));
  table.found.passed_over += std::stoull(counts.at(0, 0)) - table.found.inserted;
}

void PostgresRecovery::update(PostgresTablePair& table) {
  const std::vector<PostgresTablePair::Column> settable = table.settable();
  if (settable.empty()) return;
  const PostgresRows counts = connection_.query(fmt::format(
      "WITH other AS MATERIALIZED (SELECT 1 FROM {0} AS l, {1} AS s WHERE {2}), done AS "
      "(UPDATE {0} AS l SET {3} FROM {1} AS s WHERE {2} RETURNING 1) "
      "SELECT (SELECT count(*) FROM other), (SELECT count(*) FROM done)",
      table.own_rows, table.chosen, fmt::format("{} AND {}", key_matches(table), differs(settable)),
      for_each_column(settable, "{0} = s.{0}")));
  table.found.updated = std::stoull(counts.at(0, 1));
  table.found.passed_over += std::stoull(counts.at(0, 0)) - table.found.updated;
}

std::vector<TableRecovery> PostgresRecovery::apply(const OpenConnection& open_another) {
  connection_.query("BEGIN");
  std::vector<TableRecovery> done;
  try {
    connection_.query("SET LOCAL search_path TO DEFAULT");  // the triggers' functions go by it
    connection_.query("SET CONSTRAINTS ALL DEFERRED");
    for (PostgresTablePair& table : tables_) {
      if (!table.is_recovered()) continue;
      if (request_.missing) insert(table);
      if (request_.changed && !table.key.empty()) update(table);
      done.push_back(table.found);
    }
    remark_ = commit(connection_, open_another);
  } catch (const UnclearCommit&) {
    throw;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed) throw;  // the session's end rolls it back
    throw Error(ErrorCode::failed, fmt::format("{}; nothing was changed", error.what()));
  }
  return done;
}

}  // namespace varve
