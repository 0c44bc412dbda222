// A stored dump read into a database by PostgreSQL's own programs.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/process/child_program.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/stored_dump.h"

namespace varve {

// What of a dump is loaded, and how.
struct PostgresLoad {
  std::vector<std::string> tables;  // as they were asked for; empty: all
  bool schema_only = false;
  bool data_only = false;
  // Dump ids, in the order of restoring (dump_selection.h); nothing: all, in the dump's order.
  std::optional<std::vector<int>> entries = {};
  bool without_triggers = false;  // of the tables that are filled, foreign keys too: a superuser's
  bool one_transaction = false;   // all or nothing in a database that is in use; one job then
  unsigned jobs = 1;

  bool selects() const { return !tables.empty() || schema_only || data_only; }
};

// How one of PostgreSQL's programs is started on the database of `connection`.
ChildProgram::Setting setting_for_programs(const Path& program,
                                           const PostgresConnection& connection);

// `dump`: where it lies, as a folder or a file. The first error ends it: a failed Error with the
// program's words and what to do, a corrupt one where the dump could not be read. `connection`
// names the database; it may be used meanwhile.
void load_dump(const PostgresPrograms& programs, const PostgresConnection& connection,
               const StoredDump& dump, const Path& path, const PostgresLoad& load,
               const std::stop_token& stop);

// Whether these words of a program say that its connection broke: at the COMMIT, what was loaded in
// one transaction may be there all the same.
bool tells_of_a_broken_connection(std::string_view words);

// Runs a script of roles and tablespaces. What exists already is no error; returns the others, a
// line each.
std::vector<std::string> load_globals(const PostgresPrograms& programs,
                                      const PostgresConnection& connection, const Path& script,
                                      const std::stop_token& stop);

}  // namespace varve
