#include "tools/compare/diff_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tools/compare/script_transaction.h"
#include "tools/compare/sqlite_query.h"

namespace varve {
namespace {

constexpr const char* kSequence = "sqlite_sequence";
constexpr const char* kStatistics = "sqlite_stat1";

class Script {
 public:
  Script(const SqliteDiff& diff, const ComparedDatabase& before, const ComparedDatabase& after,
         const WriteSql& write)
      : diff_(diff),
        before_(before),
        after_(after),
        transaction_(
            [&write](const std::string& sql) {
              write(sql);
              write(";\n");
            },
            names_in({&diff.schema_before(), &diff.schema_after()})) {
    find_remade_tables();
  }

  void write() {
    drop("view", "");
    drop("index", "IF EXISTS ");
    drop_tables();
    for (const std::string& table : diff_.tables()) {
      if (!is_remade(table) && before_has(table) && after_has(table)) change_rows(table);
    }
    make_tables();
    make_virtual_tables();
    make_indexes();
    make("view");
    set_number("user_version");
    set_number("application_id");
    if (differ(kSequence)) begin();
    if (differ(kStatistics)) begin();
    if (transaction_.is_begun()) finish();
  }

 private:
  // --- what is written once something is -------------------------------------------------------
  void begin() {
    if (transaction_.is_begun()) return;
    // Rows may break a CHECK that came after them.
    transaction_.begin({"PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON"},
                       {"PRAGMA ignore_check_constraints = OFF"});
    for (const SchemaObject& object : diff_.schema_before().objects) {
      if (object.type == "trigger") statement("DROP TRIGGER " + quoted_name(object.name));
    }
  }

  void finish() {
    write_sequence();
    write_statistics();
    for (const SchemaObject& object : diff_.schema_after().objects) {
      if (object.type == "trigger") create(object);
    }
    transaction_.finish();
  }

  void statement(const std::string& sql) {
    begin();
    transaction_.statement(sql);
  }
  void create(const SchemaObject& object) {
    begin();
    transaction_.create(object);
  }

  // --- schema ----------------------------------------------------------------------------------
  bool is_remade(const std::string& table) const { return remade_.contains(table); }
  bool after_has(const std::string& table) const {
    return diff_.schema_after().find(table) != nullptr;
  }
  bool before_has(const std::string& table) const {
    return diff_.schema_before().find(table) != nullptr;
  }

  // Tables that are dropped and made again: those with another CREATE TABLE, and those that go
  // with a virtual table.
  void find_remade_tables() {
    for (const SchemaChange& change : diff_.schema()) {
      const SchemaObject& object = change.object;
      if (object.type != "table") continue;
      if (change.kind == ChangeKind::changed) remade_.insert(object.name);
      if (!diff_.schema_before().is_virtual(object.name)) continue;
      for (const std::string& table : diff_.tables()) {
        if (table.starts_with(object.name + "_") && after_has(table)) remade_.insert(table);
      }
    }
  }

  void drop(const std::string& type, const std::string& guard) {
    for (const SchemaChange& change : diff_.schema()) {
      if (change.object.type != type || change.kind == ChangeKind::added) continue;
      std::string kind = type;
      std::ranges::transform(kind, kind.begin(), [](char c) { return static_cast<char>(c - 32); });
      statement(fmt::format("DROP {} {}{}", kind, guard, quoted_name(change.object.name)));
    }
  }

  // Virtual ones first: their modules drop the tables that they keep.
  void drop_tables() {
    for (const bool is_virtual_turn : {true, false}) {
      for (const SchemaObject& object : diff_.schema_before().objects) {
        if (object.type != "table") continue;
        if (diff_.schema_before().is_virtual(object.name) != is_virtual_turn) continue;
        const bool stays =
            std::ranges::any_of(diff_.schema_after().objects, [&](const SchemaObject& one) {
              return one.type == "table" && same_name(one.name, object.name);
            });
        if (stays && !is_remade(object.name)) continue;
        statement("DROP TABLE IF EXISTS " + quoted_name(object.name));
      }
    }
  }

  void make_tables() {
    for (const SchemaObject& object : diff_.schema_after().objects) {
      if (object.type != "table" || !after_has(object.name)) continue;
      if (before_has(object.name) && !is_remade(object.name)) continue;
      create(object);
      insert_all(diff_.schema_after().tables.at(object.name));
    }
  }

  // Not by CREATE VIRTUAL TABLE, which would make the tables that the module keeps once more.
  void make_virtual_tables() {
    bool is_open = false;
    for (const SchemaObject& object : diff_.schema_after().objects) {
      if (object.type != "table" || !diff_.schema_after().is_virtual(object.name)) continue;
      if (diff_.schema_before().is_virtual(object.name) && !is_remade(object.name)) continue;
      if (!is_open) statement("PRAGMA writable_schema = ON");
      is_open = true;
      statement(
          fmt::format("INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) "
                      "SELECT 'table', {0}, {0}, 0, {1} FROM {2}",
                      literal(object.name), literal(object.sql), transaction_.running()));
    }
    if (is_open) statement("PRAGMA writable_schema = OFF");
  }

  bool was_made_anew(const SchemaChange& change) const {
    return change.kind != ChangeKind::removed;
  }

  void make(const std::string& type) {
    for (const SchemaChange& change : diff_.schema()) {
      if (change.object.type == type && was_made_anew(change)) create(change.object);
    }
  }

  // Those of a table that was dropped went with it.
  void make_indexes() {
    for (const SchemaObject& object : diff_.schema_after().objects) {
      if (object.type != "index") continue;
      const bool is_new = std::ranges::any_of(diff_.schema(), [&](const SchemaChange& change) {
        return change.object.type == "index" && change.object.name == object.name &&
               was_made_anew(change);
      });
      if (is_new || is_remade(object.table)) create(object);
    }
  }

  // --- rows ------------------------------------------------------------------------------------
  static std::string rowid_condition(const TableShape& table, std::int64_t rowid) {
    return fmt::format("{} = {}", table.rowid, literal(SqlValue(rowid)));
  }

  static std::string condition(const TableChange& change, const TableShape& table,
                               const RowChange& row) {
    const bool by_key = change.identity == RowIdentity::primary_key &&
                        std::ranges::none_of(
                            change.key_at, [&](std::size_t at) { return is_null(row.before[at]); });
    return by_key ? key_condition(change.columns, change.key_at, row.before)
                  : rowid_condition(table, row.rowid.value());
  }

  std::string rows_of(const TableShape& table, const std::vector<std::string>& columns,
                      ScriptTransaction::Change change) {
    begin();
    return transaction_.rows_of(table, columns, change);
  }

  // Rows without a key keep their rowids, as other tables may mean them by those.
  void insert(const TableShape& table, const std::vector<std::string>& columns, const Row& row,
              std::optional<std::int64_t> rowid) {
    const std::string name = rows_of(table, columns, ScriptTransaction::Change::insert);
    if (!rowid || !table.key.empty() || table.rowid.empty()) {
      return transaction_.row(insert_statement(name, columns, row));
    }
    transaction_.row(fmt::format("INSERT INTO {}({}, {}) VALUES ({}, {})", quoted_name(name),
                                 table.rowid, quoted_names(columns), literal(SqlValue(*rowid)),
                                 literals(row)));
  }

  // First all rows that go, then all that come: a UNIQUE index is never in the way. Where there is
  // one, changed rows go and come too.
  void change_rows(const std::string& name) {
    using Change = ScriptTransaction::Change;
    const TableShape& table = diff_.schema_before().tables.at(name);
    const bool is_unique =
        table.has_other_unique || diff_.schema_after().tables.at(name).has_other_unique;
    const TableChange change = diff_.compare(name, {}).value();
    if (!change.has_row_changes()) return;
    if (change.identity == RowIdentity::whole_row) {
      delete_all(name);
      insert_all(diff_.schema_after().tables.at(name));
      return;
    }
    bool keeps_rowids = true;  // else a given rowid could meet one that SQLite chose
    diff_.compare(name, [&](const RowChange& row) {
      if (row.kind == ChangeKind::added && !row.rowid) keeps_rowids = false;
      if (row.kind == ChangeKind::added || (row.kind == ChangeKind::changed && !is_unique)) return;
      const std::string rows = rows_of(table, change.columns, Change::remove);
      transaction_.row(
          fmt::format("DELETE FROM {} WHERE {}", quoted_name(rows), condition(change, table, row)));
    });
    diff_.compare(name, [&](const RowChange& row) {
      if (row.kind == ChangeKind::removed) return;
      if (row.kind == ChangeKind::added || is_unique) {
        insert(table, change.columns, row.after, keeps_rowids ? row.rowid : std::nullopt);
      } else {
        const std::string rows = rows_of(table, change.columns, Change::update);
        transaction_.row(update_statement(rows, change.columns, row.before, row.after,
                                          condition(change, table, row)));
      }
    });
  }

  void delete_all(const std::string& table) {
    statement(fmt::format("DELETE FROM {} WHERE EXISTS (SELECT 1 FROM {})", quoted_name(table),
                          transaction_.running()));
  }

  void for_each_row_after(const TableShape& table,
                          const std::function<void(Row, std::optional<std::int64_t>)>& take) {
    SqliteQuery query(
        after_, fmt::format("SELECT {}, {} FROM {}", table.rowid.empty() ? "NULL" : table.rowid,
                            quoted_names(table.column_names()), quoted_name(table.name)));
    while (query.step()) {
      take(row_at(query.row(), 1),
           table.rowid.empty() ? std::nullopt : std::optional(query.number(0)));
    }
  }

  void insert_all(const TableShape& table) {
    const std::vector<std::string> columns = table.column_names();
    for_each_row_after(table, [&](const Row& row, std::optional<std::int64_t> rowid) {
      insert(table, columns, row, rowid);
    });
  }

  // --- SQLite's own tables ---------------------------------------------------------------------
  bool differ(const std::string& table) const {
    const auto change = diff_.compare(table, {});
    return change && change->has_row_changes();
  }

  // What the INSERTs above made of it is overwritten.
  void write_sequence() {
    const bool has_counted_table =
        std::ranges::any_of(diff_.schema_after().objects, [](const SchemaObject& object) {
          return object.type == "table" &&
                 sqlite3_strlike("%AUTOINCREMENT%", object.sql.c_str(), 0) == 0;
        });
    if (!before_has(kSequence) && !has_counted_table) return;
    delete_all(kSequence);
    if (after_has(kSequence)) insert_own(kSequence);
  }

  // What is about a table or an index goes with it when that is dropped.
  void write_statistics() {
    const bool is_at_risk = after_has(kStatistics) && !diff_.schema().empty();
    if (!differ(kStatistics) && !is_at_risk) return;
    if (!after_has(kStatistics)) return statement(fmt::format("DROP TABLE {}", kStatistics));
    statement("ANALYZE sqlite_schema");
    delete_all(kStatistics);
    insert_own(kStatistics);
  }

  // No trigger may write them.
  void insert_own(const std::string& name) {
    const TableShape& table = diff_.schema_after().tables.at(name);
    for_each_row_after(table, [&](const Row& row, std::optional<std::int64_t>) {
      statement(fmt::format("INSERT INTO {}({}) SELECT {} FROM {}", quoted_name(name),
                            quoted_names(table.column_names()), literals(row),
                            transaction_.running()));
    });
  }

  void set_number(const std::string& pragma) {
    const auto value_in = [&](const ComparedDatabase& database) {
      SqliteQuery query(database, "PRAGMA " + pragma);
      return query.step() ? query.number(0) : 0;
    };
    const std::int64_t now = value_in(after_);
    if (now != value_in(before_)) statement(fmt::format("PRAGMA {} = {}", pragma, now));
  }

  const SqliteDiff& diff_;
  const ComparedDatabase& before_;
  const ComparedDatabase& after_;
  ScriptTransaction transaction_;
  std::set<std::string, NameOrder> remade_;
};

}  // namespace

std::string insert_statement(const std::string& table, const std::vector<std::string>& columns,
                             const Row& row) {
  return fmt::format("INSERT INTO {}({}) VALUES ({})", quoted_name(table), quoted_names(columns),
                     literals(row));
}

std::string update_statement(const std::string& table, const std::vector<std::string>& columns,
                             const Row& before, const Row& after, const std::string& condition) {
  std::string changes;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (before[i] == after[i]) continue;
    changes += fmt::format("{}{} = {}", changes.empty() ? "" : ", ", quoted_name(columns[i]),
                           literal(after[i]));
  }
  return fmt::format("UPDATE {} SET {} WHERE {}", quoted_name(table), changes, condition);
}

std::string key_condition(const std::vector<std::string>& columns,
                          const std::vector<std::size_t>& key_at, const Row& row) {
  std::string condition;
  for (const std::size_t at : key_at) {
    condition += fmt::format("{}{} = {}", condition.empty() ? "" : " AND ",
                             quoted_name(columns[at]), literal(row[at]));
  }
  return condition;
}

void write_diff_script(const SqliteDiff& diff, const ComparedDatabase& before,
                       const ComparedDatabase& after, const WriteSql& write) {
  Script(diff, before, after, write).write();
}

}  // namespace varve
