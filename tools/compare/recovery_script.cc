#include "tools/compare/recovery_script.h"

#include "tools/compare/diff_script.h"

namespace varve {
namespace {

std::string statement_for(const std::string& table, const TablePair& pair,
                          const RowChange& change) {
  if (change.kind == ChangeKind::removed) {
    return insert_statement(table, pair.columns, change.before);
  }
  return update_statement(table, pair.columns, change.after, change.before,
                          key_condition(pair.columns, pair.key_at, change.before));
}

}  // namespace

RecoveryScript::RecoveryScript(Write write, const std::vector<std::string>& taken)
    : write_(std::move(write)),
      transaction_([this](const std::string& sql) { write_(sql, true); }, taken) {}

void RecoveryScript::begin() {
  if (transaction_.is_begun()) return;
  transaction_.begin({"PRAGMA foreign_keys = ON"});
  transaction_.statement("PRAGMA defer_foreign_keys = ON");  // children may come before parents
}

void RecoveryScript::create(const SchemaObject& object) {
  begin();
  transaction_.create(object);
}

void RecoveryScript::bring_back(const TableShape& table, const TablePair& pair,
                                const RowChange& change, bool is_wanted) {
  if (!is_wanted) return write_(statement_for(table.name, pair, change), false);
  using Change = ScriptTransaction::Change;
  begin();
  const bool is_missing = change.kind == ChangeKind::removed;
  const std::string rows =
      transaction_.rows_of(table, pair.columns, is_missing ? Change::insert : Change::update);
  transaction_.row(statement_for(rows, pair, change));
}

void RecoveryScript::finish() {
  if (transaction_.is_begun()) transaction_.finish();
}

}  // namespace varve
