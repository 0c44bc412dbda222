// Counting the rows of tables beside a dump, in the transaction whose snapshot the dump reads.
#pragma once

#include <future>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/sources/postgres_connection.h"
#include "tools/sources/row_counts.h"

namespace varve {

// A table, its two names as they are in the catalog.
struct PostgresTable {
  std::string schema;
  std::string name;

  std::string full_name() const { return schema + '.' + name; }  // as in RowCounts
};

// The tables that a dump of the whole database holds rows of.
std::vector<PostgresTable> tables_with_rows(PostgresConnection& connection);
// Those tables of the database that have recorded counts.
std::vector<PostgresTable> tables_of(PostgresConnection& connection, const RowCounts& recorded);

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
