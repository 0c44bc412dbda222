// Brings rows of a stored SQLite database back into a live one.
//
// Rows are compared by primary key, without one as whole rows. The live database may be in use: a
// survey is one read transaction, applying is one write transaction, in which the rows are compared
// anew. Foreign keys are enforced in it whatever the application does, and triggers of the live
// database run as for any INSERT and UPDATE.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/compare/parent_check.h"
#include "tools/compare/recovery.h"
#include "tools/compare/recovery_script.h"
#include "tools/compare/sqlite_schema.h"
#include "tools/compare/table_comparison.h"

namespace varve {

class SqliteRecovery {
 public:
  // Both must outlive it; nothing else uses the live connection. Throws a not_found Error where a
  // table of the request is in no snapshot.
  SqliteRecovery(const ComparedDatabase& stored, ComparedDatabase& live, RecoveryRequest request,
                 std::stop_token stop);

  // What there is to recover. Changes nothing. Virtual tables are among it where stored rows of
  // theirs are gone, with a refusal: only their modules know how those come back.
  std::vector<TableRecovery> survey(const RecoveryListener& listener);

  // Does it, for tables without a refusal. All or nothing: throws an Error that names the row that
  // stands against it (a UNIQUE value that another row has by now, a parent that is missing), and
  // the live database is as it was.
  std::vector<TableRecovery> apply();

 private:
  struct Plan {
    const TableShape* stored = nullptr;
    const TableShape* live = nullptr;  // null: there is none
    TableRecovery found;
  };
  std::vector<Plan> make_plans() const;
  void examine(Plan& plan) const;
  void examine_columns(Plan& plan) const;
  void note_lost_columns(Plan& plan) const;
  std::vector<SchemaObject> objects_of_new(const std::string& table) const;
  std::vector<std::unique_ptr<ParentCheck>> parent_checks(const TableShape& rules,
                                                          const std::vector<std::string>& columns,
                                                          const std::vector<Plan>& all) const;
  void compare(const Plan& plan, const TakeRowChange& take) const;
  void survey_table(Plan& plan, RecoveryScript* script, const RecoveryListener& listener,
                    const std::vector<Plan>& all);
  void add_virtual_tables(std::vector<TableRecovery>& found) const;
  std::string fault_of_virtual(const std::string& table) const;
  void apply_table(Plan& plan);
  bool is_wanted(const RowChange& change) const;

  const ComparedDatabase& stored_;
  ComparedDatabase& live_;
  const RecoveryRequest request_;
  const std::stop_token stop_;
  SqliteSchema stored_schema_;
  SqliteSchema live_schema_;
};

}  // namespace varve
