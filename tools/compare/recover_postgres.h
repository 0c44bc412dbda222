// Brings rows of single tables out of a stored PostgreSQL dump back into a live database.
//
// The stored rows go into temporary tables of the session (postgres_scratch_tables.h), and the
// server compares.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/dump_tables.h"
#include "tools/compare/postgres_table_pair.h"
#include "tools/compare/recovery.h"
#include "tools/sources/postgres_commit.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// Not thread-safe.
class PostgresRecovery {
 public:
  // The connection must outlive it, and its session is used for nothing else. Loads the stored rows
  // of the tables that the request names (at least one). Throws Error; nothing is changed.
  PostgresRecovery(const DumpTables& dump, PostgresConnection& connection, RecoveryRequest request);

  // What there is to recover. Changes nothing.
  std::vector<TableRecovery> survey(const RecoveryListener& asked);
  // Does it, in one transaction, for tables without a refusal; parents come before their children.
  // Throws an Error with the server's words, and the database is as it was; or an UnclearCommit.
  std::vector<TableRecovery> apply(const OpenConnection& open_another);
  // What a person should know of how apply() went; mostly nothing.
  const std::string& remark() const noexcept { return remark_; }

 private:
  void order_by_parents();
  bool refers_to(const PostgresTablePair& table, const PostgresTablePair& other) const;
  void look_through(PostgresTablePair& table, const RecoveryListener& listener);
  void insert(PostgresTablePair& table);
  void update(PostgresTablePair& table);

  PostgresConnection& connection_;
  const RecoveryRequest request_;
  std::vector<PostgresTablePair> tables_;
  std::string remark_;
};

}  // namespace varve
