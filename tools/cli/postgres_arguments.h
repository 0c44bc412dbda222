// The options of `ingest` about PostgreSQL.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tools/sources/postgres_options.h"

namespace varve::cli {

struct PostgresArguments {
  std::string format = "directory";
  bool schema_only = false;
  bool data_only = false;
  std::vector<std::string> tables;
  std::vector<std::string> exclude_tables;
  bool all_databases = false;
  bool no_row_counts = false;
};

void add_postgres_options(CLI::App& command, PostgresArguments& arguments);
PostgresOptions postgres_options(const PostgresArguments& arguments,
                                 std::chrono::milliseconds lock_wait_timeout);

}  // namespace varve::cli
