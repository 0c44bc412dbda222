// A PostgreSQL dump put into a new cluster: roles, then the dump, then a look at what is there.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/drill/drill_folder.h"
#include "tools/drill/findings.h"
#include "tools/drill/scratch_postgres.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// What is known of a dump; empty where it is not.
struct TriedDump {
  std::string name;  // for messages
  bool is_script = false;
  std::uint64_t bytes = 0;  // that its database takes, about
  std::string encoding;
  std::string collation;
  std::string extensions;  // "pg_trgm 1.6, plpgsql 1.0"
  std::string selection;   // what of its database it is, where that is not all
  // globals.sql of its server, and what that is called.
  std::optional<std::string> globals;
  std::string globals_name;
  RowCounts recorded_rows;
};

// Used from one thread.
class DumpTrial {
 public:
  // Starts the server. Throws an Error where this machine cannot try it: no space, an extension
  // that is not installed; an interrupted one when `stop` asks for it.
  DumpTrial(TriedDump dump, const PostgresPrograms& programs, std::stop_token stop);

  // `file` is the dump: a directory, an archive, a script. What does not go in is a finding.
  void restore(const Path& file);
  // Counts rows and puts the assertions, where all went in.
  void look(const std::vector<std::string>& assertions);

  // Gone with the object, whatever is put there.
  const Path& folder() const noexcept { return folder_.path(); }
  double restore_seconds() const noexcept { return restore_seconds_; }
  Findings& findings() noexcept { return findings_; }
  std::string program() const { return "PostgreSQL " + programs_.version; }

 private:
  void require_extensions() const;
  void restore_globals();
  void create_database();
  std::vector<std::string> command(const Path& file) const;
  void restore_dump(const Path& file);
  void count_rows(PostgresConnection& connection);

  const TriedDump dump_;
  const PostgresPrograms programs_;
  const std::stop_token stop_;
  DrillFolder folder_;
  std::optional<ScratchPostgres> server_;  // gone before its folder
  Findings findings_;
  double restore_seconds_ = 0;
};

}  // namespace varve
