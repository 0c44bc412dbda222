#include "tools/compare/recover_sqlite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "store/core/error.h"
#include "tools/compare/diff_script.h"
#include "tools/compare/sqlite_query.h"
#include "tools/sources/one_line.h"

namespace varve {
namespace {

using Kind = RowChange::Kind;

const TableShape* find(const SqliteSchema& schema, const std::string& name) {
  for (const auto& [own, table] : schema.tables) {
    if (same_name(own, name)) return &table;
  }
  return nullptr;
}

// A transaction of the live database; rolled back unless it was committed.
class Transaction {
 public:
  Transaction(ComparedDatabase& database, const char* begin) : database_(database) {
    database_.run(begin);
  }
  ~Transaction() {
    if (sqlite3_get_autocommit(database_.handle()) == 0) {
      sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() { database_.run("COMMIT"); }

 private:
  ComparedDatabase& database_;
};

std::optional<std::string> text_of(const SqlValue& value) {
  if (is_null(value)) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return literal(value);
}

std::vector<std::optional<std::string>> texts_of(const Row& row) {
  std::vector<std::optional<std::string>> texts;
  for (const SqlValue& value : row) texts.push_back(text_of(value));
  return texts;
}

std::string assignments(const std::vector<std::string>& columns, const Row& values) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    parts.push_back(fmt::format("{}={}", columns[i], shortened(values[i])));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string equals(const std::vector<std::string>& columns) {
  std::vector<std::string> parts;
  for (const std::string& column : columns) parts.push_back(quoted_name(column) + " = ?");
  return fmt::format("{}", fmt::join(parts, " AND "));
}

// Whether the parents of rows are there, by one foreign key.
class ParentCheck {
 public:
  struct Setting {
    const ComparedDatabase& live;
    const TableShape* live_parent;  // null: there is no such table
    const ComparedDatabase& stored;
    const TableShape* stored_parent;
    bool is_recovered = false;  // the parents that are missing come back too
    std::string where;          // those for which it holds
  };
  ParentCheck(const ForeignKey& key, const std::vector<std::string>& columns,
              const Setting& setting)
      : is_recovered_(setting.is_recovered) {
    found_.parent = key.parent;
    found_.columns = fmt::format("{}", fmt::join(key.columns, ", "));
    for (const std::string& column : key.columns) {
      const auto at = std::ranges::find_if(
          columns, [&](const std::string& one) { return same_name(one, column); });
      if (at != columns.end()) at_.push_back(static_cast<std::size_t>(at - columns.begin()));
    }
    names_ = key.columns;
    is_usable_ = at_.size() == key.columns.size() && key.parent_columns.size() == at_.size();
    if (!is_usable_) return;
    const std::string sql = fmt::format("SELECT 1 FROM {} WHERE {}", quoted_name(key.parent),
                                        equals(key.parent_columns));
    if (has_columns(setting.live_parent, key.parent_columns)) live_.emplace(setting.live, sql);
    if (!has_columns(setting.stored_parent, key.parent_columns)) return;
    const std::string chosen =
        setting.where.empty() ? "" : fmt::format(" AND ({}\n)", setting.where);
    stored_.emplace(setting.stored, sql + chosen);
  }

  void look_at(const Row& row) {
    if (!is_usable_) return;
    Row values;
    for (const std::size_t at : at_) values.push_back(row[at]);
    if (std::ranges::any_of(values, is_null)) return;
    if (live_ && has(*live_, values)) return;
    const bool is_stored = stored_ && has(*stored_, values);
    if (is_stored && is_recovered_) return;
    if (found_.rows++ == 0) found_.example = assignments(names_, values);
    found_.is_stored = found_.is_stored || is_stored;
  }

  const OrphanRows& found() const { return found_; }

 private:
  static bool has_columns(const TableShape* table, const std::vector<std::string>& columns) {
    return table != nullptr && std::ranges::all_of(columns, [&](const std::string& column) {
             return table->find(column) != nullptr;
           });
  }

  static bool has(SqliteQuery& query, const Row& values) {
    query.reset();
    for (std::size_t i = 0; i < values.size(); ++i) {
      query.bind(static_cast<int>(i) + 1, values[i]);
    }
    return query.step();
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> at_;  // the key's columns in a row
  bool is_usable_ = false;       // else SQLite itself will say what is wrong with the key
  bool is_recovered_;
  std::optional<SqliteQuery> live_;
  std::optional<SqliteQuery> stored_;
  OrphanRows found_;
};

// Runs the statements for a table's rows.
class RowWriter {
 public:
  RowWriter(const ComparedDatabase& live, const std::string& table,
            std::vector<std::string> columns, std::vector<std::size_t> key_at)
      : live_(live), table_(table), columns_(std::move(columns)), key_at_(std::move(key_at)) {
    std::vector<std::string> marks(columns_.size(), "?");
    insert_.emplace(live, fmt::format("INSERT INTO {}({}) VALUES ({})", quoted_name(table),
                                      quoted_names(columns_), fmt::join(marks, ", ")));
  }

  void insert(const Row& row) {
    for (std::size_t i = 0; i < row.size(); ++i) insert_->bind(static_cast<int>(i) + 1, row[i]);
    run(*insert_, row);
  }

  // All columns are set: one statement does for all rows.
  void update(const Row& stored) {
    if (!update_) prepare_update();
    int parameter = 0;
    for (const SqlValue& value : stored) update_->bind(++parameter, value);
    for (const std::size_t at : key_at_) update_->bind(++parameter, stored[at]);
    run(*update_, stored);
  }

 private:
  void prepare_update() {
    std::vector<std::string> changes;
    for (const std::string& column : columns_) changes.push_back(quoted_name(column) + " = ?");
    std::vector<std::string> key;
    for (const std::size_t at : key_at_) key.push_back(columns_[at]);
    update_.emplace(live_, fmt::format("UPDATE {} SET {} WHERE {}", quoted_name(table_),
                                       fmt::join(changes, ", "), equals(key)));
  }

  void run(SqliteQuery& query, const Row& row) {
    try {
      query.step();
      query.reset();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::failed) throw;
      throw Error(ErrorCode::failed,
                  fmt::format("{}; it is about this row of {}: {}. Nothing was changed: leave it "
                              "out with --where, or make room for it",
                              error.what(), table_, one_line(assignments(columns_, row))));
    }
  }

  const ComparedDatabase& live_;
  const std::string table_;
  const std::vector<std::string> columns_;
  const std::vector<std::size_t> key_at_;
  std::optional<SqliteQuery> insert_;
  std::optional<SqliteQuery> update_;
};

}  // namespace

SqliteRecovery::SqliteRecovery(const ComparedDatabase& stored, ComparedDatabase& live,
                               RecoveryRequest request, std::stop_token stop)
    : stored_(stored),
      live_(live),
      request_(std::move(request)),
      stop_(std::move(stop)),
      stored_schema_(read_schema(stored)) {
  for (const std::string& table : request_.tables) {
    if (find(stored_schema_, table) != nullptr) continue;
    std::vector<std::string> names;
    for (const auto& [name, shape] : stored_schema_.tables) {
      if (!shape.is_internal && !shape.is_shadow) names.push_back(name);
    }
    const bool is_virtual = std::ranges::find(stored_schema_.virtual_tables, table) !=
                            stored_schema_.virtual_tables.end();
    throw Error(
        ErrorCode::not_found,
        fmt::format("{} has no table '{}' with rows of its own{}; it has {}", stored_.name(), table,
                    is_virtual ? " (a virtual one is made from other tables)" : "",
                    names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
  }
}

bool SqliteRecovery::is_wanted(const RowChange& change) const {
  return change.kind == Kind::removed ? request_.missing : request_.changed;
}

std::vector<SqliteRecovery::Plan> SqliteRecovery::make_plans() const {
  std::vector<Plan> plans;
  for (const auto& [name, table] : stored_schema_.tables) {
    const bool is_named = std::ranges::any_of(
        request_.tables, [&, &own = name](const std::string& one) { return same_name(own, one); });
    const bool is_meant =
        request_.tables.empty() ? !table.is_internal && !table.is_shadow : is_named;
    if (!is_meant) continue;
    Plan& plan = plans.emplace_back();
    plan.stored = &table;
    plan.live = find(live_schema_, name);
    plan.found.table = name;
    examine(plan);
  }
  return plans;
}

// Can rows of the one table stand in the other?
void SqliteRecovery::examine(Plan& plan) const {
  TableRecovery& found = plan.found;
  if (plan.live == nullptr) {
    found.is_new = true;
    found.key = plan.stored->key;
    found.notes.emplace_back("the live database has no such table: it is made as it was");
    return;
  }
  const TablePair pair(stored_, live_, *plan.stored, *plan.live);
  found.key = pair.key;
  if (!std::ranges::equal(plan.stored->key, plan.live->key, same_name)) {
    found.refusal = fmt::format("its primary key was ({}) and is ({}) now",
                                fmt::join(plan.stored->key, ", "), fmt::join(plan.live->key, ", "));
    return;
  }
  if (pair.identity != RowIdentity::primary_key) {
    found.key.clear();
    found.notes.emplace_back(
        "it has no primary key: whole rows are compared, and a changed row counts as missing");
  }
  note_columns(plan);
  for (const SchemaObject& object : live_schema_.objects) {
    if (object.type == "trigger" && same_name(object.table, found.table)) {
      found.notes.push_back(fmt::format("its trigger {} runs as for any change", object.name));
    }
  }
}

void SqliteRecovery::note_columns(Plan& plan) const {
  TableRecovery& found = plan.found;
  for (const TableColumn& column : plan.live->columns) {
    const TableColumn* was = plan.stored->find(column.name);
    if (was == nullptr && column.is_required) {
      found.refusal =
          fmt::format("its column {} is new, must not be NULL and has no default", column.name);
    } else if (was == nullptr) {
      found.notes.push_back(fmt::format("its column {} is new: it gets its default", column.name));
    } else if (!same_name(was->type, column.type)) {
      found.notes.push_back(fmt::format("the type of its column {} was '{}' and is '{}' now",
                                        column.name, was->type, column.type));
    }
  }
  for (const TableColumn& column : plan.stored->columns) {
    if (plan.live->find(column.name) != nullptr) continue;
    found.notes.push_back(
        fmt::format("its column {} is no more: its values stay in the snapshot", column.name));
  }
}

// The table itself, its indexes and triggers.
std::vector<std::string> SqliteRecovery::statements_for_new(const std::string& table) const {
  std::vector<std::string> statements;
  for (const char* type : {"table", "index", "trigger"}) {
    for (const SchemaObject& object : stored_schema_.objects) {
      if (object.type == type && object.table == table) statements.push_back(object.sql);
    }
  }
  return statements;
}

void SqliteRecovery::compare(const Plan& plan, const TakeRowChange& take) const {
  if (plan.live == nullptr) {
    for_each_row_of(stored_, *plan.stored, request_.where, take, stop_);
  } else {
    compare_rows_of(TablePair(stored_, live_, *plan.stored, *plan.live), request_.where, take,
                    stop_);
  }
}

void SqliteRecovery::survey_table(Plan& plan, const RecoveryListener& listener,
                                  const std::vector<Plan>& all) {
  TableRecovery& found = plan.found;
  if (!found.refusal.empty()) return;
  const TableShape& rules = plan.live == nullptr ? *plan.stored : *plan.live;
  const TablePair pair(stored_, plan.live == nullptr ? stored_ : live_, *plan.stored, rules);
  std::vector<std::unique_ptr<ParentCheck>> checks;
  for (const ForeignKey& key : rules.foreign_keys) {
    const bool is_recovered =
        request_.missing && std::ranges::any_of(all, [&](const Plan& one) {
          return same_name(one.found.table, key.parent) && one.found.refusal.empty();
        });
    checks.push_back(std::make_unique<ParentCheck>(
        key, pair.columns,
        ParentCheck::Setting{live_, find(live_schema_, key.parent), stored_,
                             find(stored_schema_, key.parent), is_recovered,
                             is_recovered ? request_.where : ""}));
  }
  if (found.is_new && listener.statement) {
    listener.statement(statements_for_new(found.table).front(), request_.missing);
  }
  compare(plan, [&](const RowChange& change) {
    const bool is_missing = change.kind == Kind::removed;
    ++(is_missing ? found.missing : found.changed);
    if (is_wanted(change)) {
      for (const auto& check : checks) check->look_at(change.before);
    }
    if (listener.statement) {
      listener.statement(
          is_missing ? insert_statement(found.table, pair.columns, change.before)
                     : update_statement(found.table, pair.columns, change.after, change.before,
                                        key_condition(pair.columns, pair.key_at, change.before)),
          is_wanted(change));
    }
    if (listener.row) {
      listener.row(found.table,
                   {is_missing, pair.columns, texts_of(change.before), texts_of(change.after)});
    }
  });
  if (found.is_new && listener.statement) {
    const std::vector<std::string> statements = statements_for_new(found.table);
    for (std::size_t i = 1; i < statements.size(); ++i) {
      listener.statement(statements[i], request_.missing);
    }
  }
  for (const auto& check : checks) {
    if (check->found().rows > 0) found.orphans.push_back(check->found());
  }
}

std::vector<TableRecovery> SqliteRecovery::survey(const RecoveryListener& listener) {
  Transaction reading(live_, "BEGIN");
  live_schema_ = read_schema(live_);
  std::vector<Plan> plans = make_plans();
  std::vector<TableRecovery> found;
  for (Plan& plan : plans) survey_table(plan, listener, plans);
  for (Plan& plan : plans) found.push_back(std::move(plan.found));
  return found;
}

void SqliteRecovery::apply_table(Plan& plan) {
  TableRecovery& found = plan.found;
  if (!found.refusal.empty()) return;
  const TablePair pair(stored_, live_, *plan.stored, *plan.live);
  RowWriter writer(live_, found.table, pair.columns, pair.key_at);
  compare(plan, [&](const RowChange& change) {
    const bool is_missing = change.kind == Kind::removed;
    ++(is_missing ? found.missing : found.changed);
    if (!is_wanted(change)) return;
    if (is_missing) {
      writer.insert(change.before);
      ++found.inserted;
    } else {
      writer.update(change.before);
      ++found.updated;
    }
  });
}

std::vector<TableRecovery> SqliteRecovery::apply() {
  live_.run("PRAGMA foreign_keys = ON");
  Transaction writing(live_, "BEGIN IMMEDIATE");
  live_.run("PRAGMA defer_foreign_keys = ON");  // children may come before their parents
  live_schema_ = read_schema(live_);
  std::vector<std::string> finish;
  for (const Plan& plan : make_plans()) {
    if (!plan.found.is_new || !request_.missing) continue;
    const std::vector<std::string> statements = statements_for_new(plan.found.table);
    live_.run(statements.front());
    finish.insert(finish.end(), statements.begin() + 1, statements.end());
  }
  live_schema_ = read_schema(live_);
  std::vector<Plan> plans = make_plans();
  std::erase_if(plans, [](const Plan& plan) { return plan.live == nullptr; });
  for (Plan& plan : plans) apply_table(plan);
  for (const std::string& statement : finish) live_.run(statement);
  try {
    writing.commit();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed) throw;
    throw Error(ErrorCode::failed, fmt::format("{}: rows refer to rows that are not there; nothing "
                                               "was changed",
                                               error.what()));
  }
  std::vector<TableRecovery> done;
  for (Plan& plan : plans) done.push_back(std::move(plan.found));
  return done;
}

}  // namespace varve
