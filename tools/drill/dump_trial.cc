#include "tools/drill/dump_trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/drill/postgres_globals.h"
#include "tools/process/child_program.h"
#include "tools/restore/postgres_properties.h"
#include "tools/sources/assertions.h"
#include "tools/sources/postgres_row_counts.h"
#include "tools/sources/restricted_script.h"

namespace varve {
namespace {

constexpr const char* kDatabase = "drill";
constexpr unsigned kMostJobs = 4;
constexpr std::uint64_t kCluster = 300u << 20;  // bytes: an empty one, and its log
constexpr std::size_t kMostWords = 1000;

// Without the server's place in front of it, which nobody can reach any more.
std::string words_of(const Error& error, const PostgresConnection& connection) {
  const std::string words = error.what();
  const std::string place = connection.location() + ": ";
  return words.starts_with(place) ? words.substr(place.size()) : words;
}

bool says(const std::string& words, const char* part) {
  return words.find(part) != std::string::npos;
}

}  // namespace

DumpTrial::DumpTrial(TriedDump dump, const PostgresPrograms& programs, std::stop_token stop)
    : dump_(std::move(dump)), programs_(programs), stop_(std::move(stop)) {
  folder_.require_space(dump_.bytes + kCluster, dump_.name);
  server_.emplace(folder_.path(), programs_, stop_);
  require_extensions();
}

// What is not installed here says nothing about the dump.
void DumpTrial::require_extensions() const {
  PostgresConnection connection(server_->target("postgres"), "", stop_);
  const PostgresRows rows = connection.query("SELECT name FROM pg_available_extensions");
  std::set<std::string> available;
  for (int i = 0; i < rows.size(); ++i) available.insert(rows.at(i, 0));
  std::vector<std::string> missing;
  std::istringstream extensions(dump_.extensions);
  for (std::string one; std::getline(extensions >> std::ws, one, ',');) {
    const std::string name = one.substr(0, one.find(' '));
    if (!available.contains(name)) missing.push_back(name);
  }
  if (missing.empty()) return;
  const int version = parse_postgres_version(programs_.version).value_or(0);
  throw Error(ErrorCode::failed,
              fmt::format("{} needs extensions that are not installed for PostgreSQL {} here: {}",
                          dump_.name, major_version(version), fmt::join(missing, ", ")));
}

void DumpTrial::restore(const Path& file) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  restore_globals();
  create_database();
  if (findings_.faults.empty()) restore_dump(file);
  restore_seconds_ = std::chrono::duration<double>(Clock::now() - begin).count();
}

void DumpTrial::restore_globals() {
  if (!dump_.globals) {
    findings_.notes.emplace_back(
        "restored without owners and privileges: no globals.sql of its server is known");
    return;
  }
  PostgresConnection connection(server_->target("postgres"), "", stop_);
  for (const std::string& statement : globals_for_scratch(*dump_.globals)) {
    try {
      connection.query(statement);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      findings_.faults.push_back(
          fmt::format("{}: {}", dump_.globals_name, words_of(error, connection)));
    }
  }
}

// In its own order of letters where this machine knows it.
void DumpTrial::create_database() {
  PostgresConnection connection(server_->target("postgres"), "", stop_);
  const auto create = [&](const std::string& locale) {
    connection.query(create_statement(connection, kDatabase,
                                      {.encoding = dump_.encoding,
                                       .collate = locale,
                                       .ctype = locale,
                                       .icu_locale = {},
                                       .owner = {},
                                       .tablespace = {}}));
  };
  try {
    create(dump_.collation.empty() ? "C" : dump_.collation);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted || dump_.collation.empty()) throw;
    findings_.notes.push_back(
        fmt::format("sorted as in the locale C: this machine has no {}", dump_.collation));
    create("C");
  }
}

std::vector<std::string> DumpTrial::command(const Path& file) const {
  const std::string database = fmt::format("--dbname={}", kDatabase);
  if (dump_.is_script) {
    return {programs_.client(), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
            "--no-password",    database,      "--file=-"};
  }
  const unsigned jobs = std::clamp(std::thread::hardware_concurrency(), 1U, kMostJobs);
  std::vector<std::string> words = {programs_.restore(),
                                    "--no-password",
                                    database,
                                    "--exit-on-error",
                                    "--no-tablespaces",    // they name folders of another machine
                                    "--no-subscriptions",  // they would reach out to a server
                                    fmt::format("--jobs={}", jobs)};
  if (!dump_.globals) words.insert(words.end(), {"--no-owner", "--no-privileges"});
  words.push_back(file);
  return words;
}

void DumpTrial::restore_dump(const Path& file) {
  ChildProgram::Setting setting;
  setting.arguments = command(file);
  setting.environment = server_->environment();
  setting.hidden = {"PG"};
  ChildProgram program(
      setting, stop_,
      dump_.is_script ? restricted_script(programs_.client(), file, stop_) : ChildProgram::Input());
  program.read_all();
  const ChildProgram::Result result = program.wait();
  if (result.status == 0) return;
  const std::string words =
      fmt::format("{} fails ({}): {}", Path(setting.arguments.front()).filename().native(),
                  result.how(), one_line(result.errors, kMostWords));
  if (says(result.errors, "No space left on device")) {
    throw Error(ErrorCode::no_space, fmt::format("the drill of {}: {}", dump_.name, words));
  }
  if (says(result.errors, "unsupported version")) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is of a newer PostgreSQL than {}, the newest here: {}", dump_.name,
                            programs_.version, words));
  }
  if (!dump_.selection.empty()) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is a dump of {} and cannot be restored alone: {}", dump_.name,
                            dump_.selection, words));
  }
  findings_.faults.push_back(words);
}

void DumpTrial::look(const std::vector<std::string>& assertions) {
  if (!findings_.faults.empty()) return;
  PostgresConnection connection(server_->target(kDatabase), "", stop_);
  count_rows(connection);
  findings_.add_assertions(put_assertions(connection, assertions));
}

// The tables that have recorded counts; where there are none, those that have rows of their own.
void DumpTrial::count_rows(PostgresConnection& connection) {
  PostgresRowCounts counts(connection,
                           dump_.recorded_rows.empty()
                               ? tables_with_rows(connection)
                               : tables_of(connection, dump_.recorded_rows, dump_.encoding));
  findings_.row_counts = counts.finish();
  findings_.add_faults(compare_rows(dump_.recorded_rows, findings_.row_counts));
}

}  // namespace varve
