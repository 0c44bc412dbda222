// The frame of an SQL script for SQLite of which all is done or nothing, whatever runs it.
//
// The sqlite3 shell goes on behind a statement that failed, so that COMMIT would keep the rest. And
// some errors end the transaction (a full disk, RAISE(ROLLBACK)): the statements behind them would
// stand each for itself. So rows are changed through temporary views. They are made inside the
// transaction and go with it, and their triggers count. Before the COMMIT the count is held against
// what it has to be; where it is short, all is rolled back.
//
// Rejected: ".bail on", which is no SQL and which a program cannot run; a check behind each
// statement, which makes the script twice as long; INSERT OR ROLLBACK, behind which the shell goes
// on without a transaction, and which takes the word from the conflict clauses of triggers.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/compare/sqlite_schema.h"

namespace varve {

// Not thread-safe.
class ScriptTransaction {
 public:
  // Takes each statement, without a semicolon.
  using Write = std::function<void(const std::string& sql)>;
  // `taken`: all names in the database, as it is and as it will be: none begins as the ones of the
  // script's own tables, views and triggers do, which would stand in front of it.
  ScriptTransaction(Write write, const std::vector<std::string>& taken);

  // First: what follows belongs to the transaction. `settings` are pragmas that have to stand
  // before it, `undo` what takes them back behind it.
  void begin(const std::vector<std::string>& settings, std::vector<std::string> undo = {});
  bool is_begun() const noexcept { return is_begun_; }

  // The name under which rows of a table are changed by row(). Its columns are `columns` and, where
  // the table has one, the rowid.
  enum class Change : std::uint8_t { insert, update, remove };
  std::string rows_of(const TableShape& table, const std::vector<std::string>& columns,
                      Change change);
  // A statement that changes one row under such a name.
  void row(const std::string& sql);
  // Makes a table, index, view or trigger.
  void create(const SchemaObject& object);
  // Any other: that it failed is not seen.
  void statement(const std::string& sql) { write_(sql); }
  // Behind FROM or in a WHERE: has one row while the transaction lasts, and is an error after it.
  std::string running() const { return "temp." + front_; }

  // Commits.
  void finish();

 private:
  std::string insert_body(const TableShape& table, const std::vector<std::string>& columns) const;
  std::string update_body(const TableShape& table, const std::vector<std::string>& columns) const;
  void make_trigger(const TableShape& table, const std::string& view, const std::string& event,
                    const std::string& body);

  const Write write_;
  const std::string front_;  // of all names of its own
  std::vector<std::string> undo_;
  std::vector<std::string> views_;
  std::set<std::pair<std::string, Change>> made_;  // by view
  std::uint64_t expected_ = 0;                     // rows and schema objects
  bool is_begun_ = false;
};

}  // namespace varve
