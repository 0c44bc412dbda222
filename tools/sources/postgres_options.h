// What a person may say about the dump of a PostgreSQL database.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tools/sources/postgres_programs.h"

namespace varve {

struct PostgresOptions {
  // directory  NAME.pgdump/ as by pg_dump -Fd -Z0
  // plain      NAME.sql as by pg_dump -Fp
  // custom     NAME.dump as by pg_dump -Fc -Z0
  enum class Format { directory, plain, custom };
  Format format = Format::directory;
  bool schema_only = false;
  bool data_only = false;
  std::vector<std::string> tables;          // pg_dump's patterns; empty: all
  std::vector<std::string> exclude_tables;  // the same
  bool all_databases = false;
  bool row_counts = true;
  // How long the dump waits for a lock that somebody else holds on a table.
  std::chrono::milliseconds lock_wait_timeout = std::chrono::seconds(30);
  PostgresProgramPlaces programs = PostgresProgramPlaces::standard();

  bool selects_tables() const { return !tables.empty() || !exclude_tables.empty(); }
};

}  // namespace varve
