#include "tools/sources/postgres_dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"
#include "store/core/one_line.h"

namespace varve {
namespace {

// psql's \restrict wants a key; a random one would make two dumps of one state differ.
constexpr const char* kRestrictKey = "--restrict-key=varve";

ChildProgram::Setting setting_for(const Path& program, const PostgresConnection& connection) {
  PostgresConnection::ForPrograms target = connection.for_programs();
  ChildProgram::Setting setting;
  setting.arguments = {program, "--no-password"};
  if (!target.keywords.empty()) setting.arguments.push_back("--dbname=" + target.keywords);
  setting.environment = std::move(target.environment);
  setting.environment.emplace_back("LC_ALL", "C");
  setting.hidden = {"PG"};  // a PGSERVICE would override the rest
  return setting;
}

// Releases since August 2025 have it.
bool knows_restrict_key(const Path& program, const std::stop_token& stop) {
  ChildProgram help({.arguments = {program, "--help"}}, stop);
  const bool knows = help.read_all().find("--restrict-key") != std::string::npos;
  help.wait();
  return knows;
}

// A name with '=' in it would be taken for keywords.
std::string as_keyword(const std::string& database) {
  return database.find('=') == database.npos ? database
                                             : "dbname=" + quoted_keyword_value(database);
}

void add_selection(std::vector<std::string>& arguments, const PostgresOptions& options) {
  if (options.schema_only) arguments.emplace_back("--schema-only");
  if (options.data_only) arguments.emplace_back("--data-only");
  for (const std::string& table : options.tables) arguments.push_back("--table=" + table);
  for (const std::string& table : options.exclude_tables) {
    arguments.push_back("--exclude-table=" + table);
  }
}

std::string_view advice(const std::string& words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (says("LOCK TABLE") && says("timeout")) {
    return "; somebody holds a lock on this table: give it more time with --busy-timeout, or run "
           "the "
           "ingest when nobody alters tables";
  }
  if (says("row-level security") || says("row security")) {
    return "; dump as a role with BYPASSRLS, or as a superuser";
  }
  if (says("No space left on device")) return "; free some space there";
  if (says("no matching tables were found")) {
    return "; --table takes the patterns of pg_dump --table";
  }
  if (says("server closed the connection") || says("terminating connection") ||
      says("connection to server was lost") || says("the database system is")) {
    return "; see the server's log, and ingest again when it is back";
  }
  return "";
}

}  // namespace

PostgresDump::PostgresDump(std::string location, const ChildProgram::Setting& setting,
                           const std::stop_token& stop)
    : location_(std::move(location)),
      name_(Path(setting.arguments.front()).filename()),
      program_(std::make_unique<ChildProgram>(setting, stop)) {}

PostgresDump PostgresDump::of_database(const PostgresPrograms& programs,
                                       PostgresConnection& connection,
                                       const PostgresOptions& options, const std::string& format,
                                       const std::string& snapshot, const Path& folder,
                                       const std::stop_token& stop) {
  ChildProgram::Setting setting = setting_for(programs.dump(), connection);
  std::vector<std::string>& arguments = setting.arguments;
  arguments.push_back("--format=" + format);
  arguments.push_back("--snapshot=" + snapshot);
  arguments.push_back("--encoding=" + connection.database_encoding());
  arguments.push_back(fmt::format("--lock-wait-timeout={}",
                                  std::max<std::int64_t>(options.lock_wait_timeout.count(), 1)));
  if (format != "p") arguments.emplace_back("--compress=0");
  if (format == "p" && knows_restrict_key(programs.dump(), stop)) {
    arguments.emplace_back(kRestrictKey);
  }
  if (!folder.empty()) arguments.push_back("--file=" + folder.native());
  add_selection(arguments, options);
  return {connection.location(), setting, stop};
}

PostgresDump PostgresDump::of_globals(const PostgresPrograms& programs,
                                      PostgresConnection& connection, bool with_passwords,
                                      const std::stop_token& stop) {
  ChildProgram::Setting setting = setting_for(programs.dump_all(), connection);
  setting.arguments.emplace_back("--globals-only");
  setting.arguments.push_back("--database=" + as_keyword(connection.database()));
  if (!with_passwords) setting.arguments.emplace_back("--no-role-passwords");
  if (knows_restrict_key(programs.dump_all(), stop)) setting.arguments.emplace_back(kRestrictKey);
  return {connection.server(), setting, stop};
}

std::string PostgresDump::finish() {
  const ChildProgram::Result result = program_->wait();
  std::string words = one_line(result.errors, 1000);
  if (result.status == 0) return words;
  throw Error(ErrorCode::failed,
              fmt::format("{} of {} failed ({}): {}{}", name_, location_, result.how(),
                          words.empty() ? "it said nothing" : words, advice(words)));
}

}  // namespace varve
