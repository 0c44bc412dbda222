// The SQL script that brings rows of a stored SQLite database back into a live one.
#pragma once

#include <functional>
#include <string>

#include "tools/compare/script_transaction.h"
#include "tools/compare/table_comparison.h"

namespace varve {

// All or nothing: see ScriptTransaction. Foreign keys are enforced in it. Not thread-safe.
class RecoveryScript {
 public:
  // As RecoveryListener::statement.
  using Write = std::function<void(const std::string& sql, bool is_wanted)>;
  // `taken`: see ScriptTransaction.
  RecoveryScript(Write write, const std::vector<std::string>& taken);

  // A table that the live database does not have, or what belongs to it.
  void create(const SchemaObject& object);
  // A removed row is inserted into `table`, a changed one becomes as it was. One that is not wanted
  // is told as the plain statement for it.
  void bring_back(const TableShape& table, const TablePair& pair, const RowChange& change,
                  bool is_wanted);
  void finish();

 private:
  void begin();

  const Write write_;
  ScriptTransaction transaction_;
};

}  // namespace varve
