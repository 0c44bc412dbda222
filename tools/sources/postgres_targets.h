// From what a person names to sources: PostgreSQL URIs and strings of libpq keywords.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "store/ingest/source.h"
#include "tools/sources/postgres_options.h"

namespace varve {

// "postgresql://…", "postgres://…", or libpq keywords such as "dbname=shop host=db".
bool is_postgres_target(const std::string& text);

// What a source is called by default: after the database that the target names, else after what
// libpq takes instead (the service, PGDATABASE, the user). Connects to nothing.
std::string postgres_source_name(const std::string& target);

// The database that the target itself names, or PGDATABASE; empty where neither does.
std::string postgres_database_name(const std::string& target);

struct PostgresTarget {
  std::string target;  // may hold a password: not for messages
  std::string name;    // of the source
};

// A source for each database that is meant: one for each target, or with all_databases one for
// each database of its server that can be connected to and is no template
// (named after itself). The server's globals
// come with the first source of each server, as globals.sql; of several servers, as
// NAME.globals.sql for all but the first. Connects: throws a failed Error where that fails.
std::vector<std::unique_ptr<Source>> postgres_sources(const std::vector<PostgresTarget>& targets,
                                                      const PostgresOptions& options,
                                                      const std::stop_token& stop);

}  // namespace varve
