#include "tools/compare/recover_sqlite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "tools/compare/diff_script.h"
#include "tools/compare/parent_check.h"
#include "tools/compare/row_writer.h"
#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

// What else has this name, as a refusal; empty where nothing has.
std::string name_taken(const SqliteSchema& schema, const std::string& name) {
  for (const SchemaObject& object : schema.objects) {
    if (!same_name(object.name, name) || object.type == "trigger") continue;
    const bool is_virtual = object.type == "table";
    return fmt::format("the live database has {} of that name", is_virtual ? "a virtual table"
                                                                : object.type == "index"
                                                                    ? "an index"
                                                                    : "a " + object.type);
  }
  return {};
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

}  // namespace

SqliteRecovery::SqliteRecovery(const ComparedDatabase& stored, ComparedDatabase& live,
                               RecoveryRequest request, std::stop_token stop)
    : stored_(stored),
      live_(live),
      request_(std::move(request)),
      stop_(std::move(stop)),
      stored_schema_(read_schema(stored)) {
  for (const std::string& table : request_.tables) {
    if (stored_schema_.find(table) != nullptr) continue;
    std::vector<std::string> names;
    for (const auto& [name, shape] : stored_schema_.tables) {
      if (!shape.is_internal && !shape.is_shadow) names.push_back(name);
    }
    const bool is_virtual = stored_schema_.is_virtual(table);
    throw Error(
        ErrorCode::not_found,
        fmt::format("{} has no table '{}' with rows of its own{}; it has {}", stored_.name(), table,
                    is_virtual ? " (a virtual one is made from other tables)" : "",
                    names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
  }
}

bool SqliteRecovery::is_wanted(const RowChange& change) const {
  return change.kind == ChangeKind::removed ? request_.missing : request_.changed;
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
    plan.live = live_schema_.find(name);
    plan.found.table = name;
    examine(plan);
  }
  return plans;
}

// Can rows of the one table stand in the other?
void SqliteRecovery::examine(Plan& plan) const {
  TableRecovery& found = plan.found;
  if (plan.live == nullptr) {
    found.refusal = name_taken(live_schema_, found.table);
    found.is_new = found.refusal.empty();
    if (!found.is_new) return;
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
  examine_columns(plan);
  note_lost_columns(plan);
  for (const SchemaObject& object : live_schema_.objects) {
    if (object.type == "trigger" && same_name(object.table, found.table)) {
      found.notes.push_back(fmt::format("its trigger {} runs as for any change", object.name));
    }
  }
}

void SqliteRecovery::examine_columns(Plan& plan) const {
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
}

void SqliteRecovery::note_lost_columns(Plan& plan) const {
  for (const TableColumn& column : plan.stored->columns) {
    if (plan.live->find(column.name) != nullptr) continue;
    const bool is_generated =
        std::ranges::any_of(plan.live->generated,
                            [&](const std::string& name) { return same_name(name, column.name); });
    plan.found.notes.push_back(fmt::format("its column {} is {}: its values stay in the snapshot",
                                           column.name,
                                           is_generated ? "generated now" : "no more"));
  }
}

// The table itself first, then its indexes and triggers.
std::vector<SchemaObject> SqliteRecovery::objects_of_new(const std::string& table) const {
  std::vector<SchemaObject> objects;
  for (const char* type : {"table", "index", "trigger"}) {
    for (const SchemaObject& object : stored_schema_.objects) {
      if (object.type == type && object.table == table) objects.push_back(object);
    }
  }
  return objects;
}

void SqliteRecovery::compare(const Plan& plan, const TakeRowChange& take) const {
  if (plan.live == nullptr) {
    for_each_row_of(stored_, *plan.stored, request_.where, take, stop_);
  } else {
    compare_rows_of(TablePair(stored_, live_, *plan.stored, *plan.live), request_.where, take,
                    stop_);
  }
}

std::vector<std::unique_ptr<ParentCheck>> SqliteRecovery::parent_checks(
    const TableShape& rules, const std::vector<std::string>& columns,
    const std::vector<Plan>& all) const {
  std::vector<std::unique_ptr<ParentCheck>> checks;
  for (const ForeignKey& key : rules.foreign_keys) {
    const bool is_recovered =
        request_.missing && std::ranges::any_of(all, [&](const Plan& one) {
          return same_name(one.found.table, key.parent) && one.found.refusal.empty();
        });
    checks.push_back(std::make_unique<ParentCheck>(
        key, columns,
        ParentCheck::Setting{live_, live_schema_.find(key.parent), stored_,
                             stored_schema_.find(key.parent), is_recovered,
                             is_recovered ? request_.where : ""}));
  }
  return checks;
}

void SqliteRecovery::survey_table(Plan& plan, RecoveryScript* script,
                                  const RecoveryListener& listener, const std::vector<Plan>& all) {
  TableRecovery& found = plan.found;
  if (!found.refusal.empty()) return;
  const TableShape& rules = plan.live == nullptr ? *plan.stored : *plan.live;
  const TablePair pair(stored_, plan.live == nullptr ? stored_ : live_, *plan.stored, rules);
  const auto checks = parent_checks(rules, pair.columns, all);
  const bool is_made = found.is_new && request_.missing && script != nullptr;
  const std::vector<SchemaObject> objects =
      is_made ? objects_of_new(found.table) : std::vector<SchemaObject>();
  if (is_made) script->create(objects.front());
  compare(plan, [&](const RowChange& change) {
    const bool is_missing = change.kind == ChangeKind::removed;
    ++(is_missing ? found.missing : found.changed);
    if (is_wanted(change)) {
      for (const auto& check : checks) check->look_at(change.before);
    }
    if (script != nullptr) script->bring_back(rules, pair, change, is_wanted(change));
    if (listener.row) {
      listener.row(found.table,
                   {is_missing, pair.columns, texts_of(change.before), texts_of(change.after)});
    }
  });
  for (std::size_t i = 1; i < objects.size(); ++i) script->create(objects[i]);
  for (const auto& check : checks) {
    if (check->found().rows > 0) found.orphans.push_back(check->found());
  }
}

std::vector<TableRecovery> SqliteRecovery::survey(const RecoveryListener& listener) {
  Transaction reading(live_, "BEGIN");
  live_schema_ = read_schema(live_);
  std::vector<Plan> plans = make_plans();
  std::vector<TableRecovery> found;
  std::optional<RecoveryScript> script;
  if (listener.statement) {
    script.emplace(listener.statement, names_in({&stored_schema_, &live_schema_}));
  }
  for (Plan& plan : plans) survey_table(plan, script ? &*script : nullptr, listener, plans);
  if (script) script->finish();
  for (Plan& plan : plans) found.push_back(std::move(plan.found));
  if (request_.tables.empty()) add_virtual_tables(found);
  return found;
}

void SqliteRecovery::add_virtual_tables(std::vector<TableRecovery>& found) const {
  for (const std::string& name : stored_schema_.virtual_tables) {
    std::string fault = fault_of_virtual(name);
    if (fault.empty()) continue;
    TableRecovery& one = found.emplace_back();
    one.table = name;
    one.refusal = fmt::format(
        "it is a virtual table, and {}: restore the whole database to a new "
        "path and take them from there",
        fault);
  }
}

// As whole rows, since a module may have no rowids. Empty: nothing of it is gone.
std::string SqliteRecovery::fault_of_virtual(const std::string& table) const {
  if (!live_schema_.is_virtual(table)) return "the live database has none";
  try {
    const TableShape before = read_virtual_shape(stored_, table);
    const TableShape after = read_virtual_shape(live_, table);
    std::uint64_t missing = 0;
    const auto count = [&](const RowChange&) { ++missing; };
    compare_rows_of(TablePair(stored_, live_, before, after), "", count, stop_);
    if (missing == 0) return {};
    return fmt::format("{} of its stored rows {} not there now", missing,
                       missing == 1 ? "is" : "are");
  } catch (const Error& error) {
    const bool is_about_it =
        error.code() == ErrorCode::failed || error.code() == ErrorCode::corrupt;
    if (!is_about_it) throw;
    return fmt::format("cannot be compared ({})", error.what());
  }
}

void SqliteRecovery::apply_table(Plan& plan) {
  TableRecovery& found = plan.found;
  if (!found.refusal.empty()) return;
  const TablePair pair(stored_, live_, *plan.stored, *plan.live);
  RowWriter writer(live_, *plan.live, pair.columns, pair.key_at);
  compare(plan, [&](const RowChange& change) {
    const bool is_missing = change.kind == ChangeKind::removed;
    ++(is_missing ? found.missing : found.changed);
    if (!is_wanted(change)) return;
    const bool has_effect =
        is_missing ? writer.insert(change.before) : writer.update(change.before);
    ++(!has_effect ? found.passed_over : is_missing ? found.inserted : found.updated);
  });
}

std::vector<TableRecovery> SqliteRecovery::apply() {
  live_.run("PRAGMA foreign_keys = ON");
  Transaction writing(live_, "BEGIN IMMEDIATE");
  live_.run("PRAGMA defer_foreign_keys = ON");  // children may come before their parents
  live_schema_ = read_schema(live_);
  std::vector<std::string> finish;
  std::set<std::string> made;
  for (const Plan& plan : make_plans()) {
    if (!plan.found.is_new || !request_.missing) continue;
    made.insert(plan.found.table);
    const std::vector<SchemaObject> objects = objects_of_new(plan.found.table);
    live_.run(objects.front().sql);
    for (std::size_t i = 1; i < objects.size(); ++i) finish.push_back(objects[i].sql);
  }
  live_schema_ = read_schema(live_);
  std::vector<Plan> plans = make_plans();
  std::erase_if(plans, [](const Plan& plan) { return plan.live == nullptr; });
  for (Plan& plan : plans) {
    apply_table(plan);
    plan.found.is_new = made.contains(plan.found.table);
  }
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
