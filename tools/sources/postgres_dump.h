// One run of pg_dump or pg_dumpall.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "tools/process/child_program.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_options.h"

namespace varve {

// A program of PostgreSQL's that runs against the connection's server and database. The password
// goes by the environment, which only this user and root can look at; never as an argument.
class PostgresDump {
 public:
  // pg_dump of what the options say, in `format` ("c", "p"), of the state that the exported
  // `snapshot` holds, in the database's own encoding; to standard output, or where `folder` is not
  // empty into that.
  static PostgresDump of_database(const PostgresPrograms& programs, PostgresConnection& connection,
                                  const PostgresOptions& options, const std::string& format,
                                  const std::string& snapshot, const Path& folder,
                                  const std::stop_token& stop);
  // pg_dumpall --globals-only: roles, their memberships, tablespaces.
  static PostgresDump of_globals(const PostgresPrograms& programs, PostgresConnection& connection,
                                 bool with_passwords, const std::stop_token& stop);

  std::size_t read(MutableBytes out) { return program_->read(out); }
  // Throws a failed Error with the program's own words unless it ended well.
  std::string finish();

 private:
  PostgresDump(std::string location, const ChildProgram::Setting& setting,
               const std::stop_token& stop);

  std::string location_;
  std::string name_;
  std::unique_ptr<ChildProgram> program_;
};

}  // namespace varve
