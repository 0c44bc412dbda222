#include "tools/restore/postgres_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "store/core/error.h"
#include "tools/process/child_program.h"
#include "tools/sources/one_line.h"

namespace varve {
namespace {

ChildProgram::Setting setting_for(const Path& program, const PostgresConnection& connection) {
  PostgresConnection::ForPrograms target = connection.for_programs();
  ChildProgram::Setting setting;
  setting.arguments = {program, "--no-password"};
  setting.arguments.push_back(fmt::format("--dbname={}{}dbname={}", target.keywords,
                                          target.keywords.empty() ? "" : " ",
                                          quoted_keyword_value(connection.database())));
  setting.environment = std::move(target.environment);
  setting.environment.emplace_back("LC_ALL", "C");
  setting.hidden = {"PG"};  // a PGSERVICE would override the rest
  return setting;
}

std::string_view advice(const std::string& words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (says("role \"") && says("does not exist")) {
    return "; --globals makes the roles of globals.sql first";
  }
  if (says("tablespace \"") && says("does not exist")) {
    return "; --globals makes the tablespaces of globals.sql first";
  }
  if (says("extension \"") && says("is not available")) {
    return "; install the package of that extension on the server";
  }
  if (says("unrecognized configuration parameter") || says("unsupported version")) {
    return "; the server is older than the dump";
  }
  if (says("already exists")) return "; restore the whole dump, or into a new database";
  if (says("No space left on device")) return "; free some space there";
  return "";
}

void run(const ChildProgram::Setting& setting, const std::string& what,
         const std::stop_token& stop) {
  ChildProgram program(setting, stop);
  program.read_all();
  const ChildProgram::Result result = program.wait();
  if (result.status == 0) return;
  const std::string words = one_line(result.errors, 1000);
  throw Error(ErrorCode::failed,
              fmt::format("{} ({}): {}{}", what, result.how(),
                          words.empty() ? "it said nothing" : words, advice(words)));
}

void add_selection(std::vector<std::string>& arguments, const PostgresLoad& load) {
  if (load.schema_only) arguments.emplace_back("--schema-only");
  if (load.data_only) arguments.emplace_back("--data-only");
  for (const std::string& table : load.tables) arguments.push_back("--table=" + table);
}

ChildProgram::Setting restore_setting(const PostgresPrograms& programs,
                                      const PostgresConnection& connection, const Path& path,
                                      const PostgresLoad& load) {
  ChildProgram::Setting setting = setting_for(programs.restore(), connection);
  std::vector<std::string>& arguments = setting.arguments;
  arguments.emplace_back("--exit-on-error");
  if (load.one_transaction) {
    arguments.emplace_back("--single-transaction");
  } else {
    arguments.push_back(fmt::format("--jobs={}", load.jobs));
  }
  add_selection(arguments, load);
  arguments.push_back(path);
  return setting;
}

ChildProgram::Setting script_setting(const PostgresPrograms& programs,
                                     const PostgresConnection& connection, const Path& script) {
  ChildProgram::Setting setting = setting_for(programs.folder / "psql", connection);
  setting.arguments.insert(setting.arguments.end(),
                           {"--no-psqlrc", "--quiet", "--file=" + script.native()});
  return setting;
}

}  // namespace

void load_dump(const PostgresPrograms& programs, const PostgresConnection& connection,
               const StoredDump& dump, const Path& path, const PostgresLoad& load,
               const std::stop_token& stop) {
  const std::string what = dump.path + " could not be restored";
  if (dump.format != StoredDump::Format::plain) {
    run(restore_setting(programs, connection, path, load), "pg_restore: " + what, stop);
    return;
  }
  ChildProgram::Setting setting = script_setting(programs, connection, path);
  setting.arguments.insert(setting.arguments.end(),
                           {"--single-transaction", "--set=ON_ERROR_STOP=1"});
  run(setting, "psql: " + what, stop);
}

std::vector<std::string> load_globals(const PostgresPrograms& programs,
                                      const PostgresConnection& connection, const Path& script,
                                      const std::stop_token& stop) {
  ChildProgram program(script_setting(programs, connection, script), stop);
  program.read_all();
  const ChildProgram::Result result = program.wait();
  if (result.status != 0) {
    throw Error(ErrorCode::failed, fmt::format("psql: globals.sql could not be applied ({}): {}",
                                               result.how(), one_line(result.errors)));
  }
  std::vector<std::string> complaints;
  std::string_view rest = result.errors;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const bool is_error = line.find("ERROR:") != std::string_view::npos;
    const bool is_harmless = line.find("already exists") != std::string_view::npos;
    if (is_error && !is_harmless) complaints.push_back(one_line(line));
  }
  return complaints;
}

}  // namespace varve
