#include "tools/restore/postgres_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>

#include "store/core/error.h"
#include "store/core/file.h"
#include "store/core/one_line.h"
#include "tools/process/child_program.h"
#include "tools/sources/private_folder.h"
#include "tools/sources/restricted_script.h"

namespace varve {
namespace {

constexpr std::string_view kExistsAlready = "42710";  // SQLSTATE duplicate_object

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
  if (says("violates foreign key constraint")) {
    return "; restore the tables that it refers to as well, or the rows that it misses first";
  }
  if (says("does not exist")) return "; restore the whole dump into a new database";
  if (says("backslash commands are restricted") || says("\\unrestrict")) {
    return "; it holds commands of psql, which a restore does not run: restore it to a file, look "
           "at it, and run psql on it yourself";
  }
  if (says("No space left on device")) return "; free some space there";
  return "";
}

void run(const ChildProgram::Setting& setting, const std::string& what, const std::stop_token& stop,
         ChildProgram::Input input = {}) {
  ChildProgram program(setting, stop, std::move(input));
  program.read_all();
  const ChildProgram::Result result = program.wait();
  if (result.status == 0) return;
  const std::string words = one_line(result.errors, 1000);
  const std::string text = fmt::format("{} ({}): {}{}", what, result.how(),
                                       words.empty() ? "it said nothing" : words, advice(words));
  // Its own words, in English. The mount answers so for what the store cannot give back.
  const bool is_damage = result.errors.find(": Input/output error") != std::string::npos;
  throw Error(is_damage ? ErrorCode::corrupt : ErrorCode::failed, text);
}

void add_selection(std::vector<std::string>& arguments, const PostgresLoad& load,
                   const Path& list) {
  if (load.schema_only) arguments.emplace_back("--schema-only");
  if (load.data_only) arguments.emplace_back("--data-only");
  if (load.without_triggers) arguments.emplace_back("--disable-triggers");
  if (!load.entries) return;
  std::string lines;
  for (const int entry : *load.entries) lines += fmt::format("{};\n", entry);
  write_file_atomically(list, as_bytes(lines));
  arguments.push_back("--use-list=" + list.native());
}

ChildProgram::Setting restore_setting(const PostgresPrograms& programs,
                                      const PostgresConnection& connection, const Path& path,
                                      const PostgresLoad& load, const Path& list) {
  ChildProgram::Setting setting = setting_for_programs(programs.restore(), connection);
  std::vector<std::string>& arguments = setting.arguments;
  arguments.emplace_back("--exit-on-error");
  if (load.one_transaction) {
    arguments.emplace_back("--single-transaction");
  } else {
    arguments.push_back(fmt::format("--jobs={}", load.jobs));
  }
  add_selection(arguments, load, list);
  arguments.push_back(path);
  return setting;
}

ChildProgram::Setting script_setting(const PostgresPrograms& programs,
                                     const PostgresConnection& connection) {
  ChildProgram::Setting setting = setting_for_programs(programs.client(), connection);
  setting.arguments.insert(setting.arguments.end(), {"--no-psqlrc", "--quiet", "--file=-"});
  return setting;
}

// "psql:<stdin>:16: ERROR:  42710: role "alice" already exists", whatever the language: the
// five letters of its SQLSTATE. Empty where the line has none.
std::string_view state_in(std::string_view line) {
  constexpr std::string_view kFront = ":  ";
  constexpr std::size_t kLength = 5;
  const std::size_t at = line.find(kFront);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + kFront.size());
  const std::string_view state = rest.substr(0, kLength);
  const bool is_state =
      rest.size() > kLength && rest[kLength] == ':' && std::ranges::all_of(state, [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z');
      });
  return is_state ? state : std::string_view();
}

bool is_an_error(std::string_view state) {
  const bool is_notice = state.starts_with("00") || state.starts_with("01");
  return !state.empty() && !is_notice && state != kExistsAlready;
}

// "psql:<stdin>:16: error: backslash commands are restricted…": psql's own words, in English.
bool is_refusal(std::string_view line) { return line.find(": error: ") != line.npos; }

}  // namespace

ChildProgram::Setting setting_for_programs(const Path& program,
                                           const PostgresConnection& connection) {
  PostgresConnection::ForPrograms target = connection.for_programs();
  ChildProgram::Setting setting;
  setting.arguments = {program, "--no-password"};
  setting.arguments.push_back(fmt::format("--dbname={}{}dbname={}", target.keywords,
                                          target.keywords.empty() ? "" : " ",
                                          quoted_keyword_value(connection.database())));
  setting.environment = std::move(target.environment);
  setting.environment.emplace_back("LC_ALL", "C");
  setting.hidden = {"PG"};  // a PGSERVICE would override the rest
  // On this one pg_restore ends its jobs, and cancels what they have the server do.
  setting.death_signal = SIGTERM;
  return setting;
}

void load_dump(const PostgresPrograms& programs, const PostgresConnection& connection,
               const StoredDump& dump, const Path& path, const PostgresLoad& load,
               const std::stop_token& stop) {
  const std::string what = dump.path + " could not be restored";
  if (dump.format != StoredDump::Format::plain) {
    const PrivateFolder folder;
    run(restore_setting(programs, connection, path, load, folder.path() / "list"),
        "pg_restore: " + what, stop);
    return;
  }
  ChildProgram::Setting setting = script_setting(programs, connection);
  setting.arguments.insert(setting.arguments.end(),
                           {"--single-transaction", "--set=ON_ERROR_STOP=1"});
  run(setting, "psql: " + what, stop, restricted_script(programs.client(), path, stop));
}

bool tells_of_a_broken_connection(std::string_view words) {
  // Of libpq, in English as the programs are started.
  constexpr std::array kWords = {
      "server closed the connection",       "no connection to the server",
      "connection to server was lost",      "connection has been closed",
      "could not receive data from server", "could not send data to server"};
  return std::ranges::any_of(kWords,
                             [&](const char* some) { return words.find(some) != words.npos; });
}

std::vector<std::string> load_globals(const PostgresPrograms& programs,
                                      const PostgresConnection& connection, const Path& script,
                                      const std::stop_token& stop) {
  ChildProgram::Setting setting = script_setting(programs, connection);
  setting.arguments.emplace_back("--set=VERBOSITY=verbose");
  ChildProgram program(setting, stop, restricted_script(programs.client(), script, stop));
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
    if (is_an_error(state_in(line)) || is_refusal(line)) complaints.push_back(one_line(line));
  }
  return complaints;
}

}  // namespace varve
