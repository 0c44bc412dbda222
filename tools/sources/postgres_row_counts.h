// Counting the rows of tables beside a dump, in the transaction whose snapshot the dump reads.
#pragma once

#include <future>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"
#include "tools/sources/row_counts.h"

namespace varve {

// A table, its two names as the connection has them.
struct PostgresTable {
  std::string schema;
  std::string name;
  std::string recorded;  // both, as in RowCounts
};

// By which name the rows of `table` ("schema.table" in UTF-8) are recorded, or would be, of a
// database in `encoding`.
std::string recorded_name(const RowCounts& recorded, const std::string& table,
                          const std::string& encoding);

// The tables that a dump of the whole database holds rows of.
std::vector<PostgresTable> tables_with_rows(PostgresConnection& connection);
// Those tables of the database that have recorded counts. `encoding`: of the database that they
// were recorded of.
std::vector<PostgresTable> tables_of(PostgresConnection& connection, const RowCounts& recorded,
                                     const std::string& encoding);

class PostgresRowCounts {
 public:
  // Begins on a thread of its own. Nobody else may use the connection until finish() has returned.
  PostgresRowCounts(PostgresConnection& connection, std::vector<PostgresTable> tables);
  ~PostgresRowCounts();  // stops counting
  PostgresRowCounts(const PostgresRowCounts&) = delete;
  PostgresRowCounts& operator=(const PostgresRowCounts&) = delete;

  // Waits for the rest. Throws what the connection threw.
  RowCounts finish() { return counts_.get(); }

 private:
  std::stop_source stop_;
  std::future<RowCounts> counts_;  // waits for its thread
};

}  // namespace varve
