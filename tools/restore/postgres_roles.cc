#include "tools/restore/postgres_roles.h"

#include <map>
#include <optional>
#include <set>

#include "tools/process/child_program.h"
#include "tools/restore/postgres_load.h"

namespace varve {
namespace {

constexpr std::string_view kAlter = "ALTER ROLE ";

// Without its quotes.
std::string role_of(std::string_view statement) {
  std::string_view rest = statement.substr(kAlter.size());
  if (!rest.starts_with('"')) return std::string(rest.substr(0, rest.find_first_of(" ;")));
  std::string name;
  for (std::size_t at = 1; at < rest.size(); ++at) {
    if (rest[at] == '"' && !rest.substr(at + 1).starts_with('"')) break;
    if (rest[at] == '"') ++at;
    name += rest[at];
  }
  return name;
}

// By role; pg_dumpall writes each on a line.
std::map<std::string, std::set<std::string>> statements_in(std::string_view script) {
  std::map<std::string, std::set<std::string>> statements;
  while (!script.empty()) {
    const std::string_view line = script.substr(0, script.find('\n'));
    script.remove_prefix(std::min(line.size() + 1, script.size()));
    if (line.starts_with(kAlter)) statements[role_of(line)].emplace(line);
  }
  return statements;
}

// Nothing where the server does not tell.
std::optional<std::string> roles_of_server(const PostgresPrograms& programs,
                                           const PostgresConnection& connection,
                                           const std::stop_token& stop) {
  ChildProgram::Setting setting = setting_for_programs(programs.dump_all(), connection);
  setting.arguments.emplace_back("--globals-only");
  ChildProgram program(setting, stop);
  std::string script = program.read_all();
  if (program.wait().status != 0) return std::nullopt;
  return script;
}

std::set<std::string> existing_roles(PostgresConnection& connection) {
  const PostgresRows rows = connection.query("SELECT rolname FROM pg_roles");
  std::set<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.insert(rows.at(i, 0));
  return names;
}

}  // namespace

std::vector<std::string> changed_roles(const PostgresPrograms& programs,
                                       PostgresConnection& connection, std::string_view script,
                                       const std::stop_token& stop) {
  const std::set<std::string> existing = existing_roles(connection);
  const auto now = statements_in(roles_of_server(programs, connection, stop).value_or(""));
  std::vector<std::string> changed;
  for (const auto& [role, statements] : statements_in(script)) {
    if (!existing.contains(role)) continue;
    const auto present = now.find(role);
    for (const std::string& statement : statements) {
      if (present != now.end() && present->second.contains(statement)) continue;
      changed.push_back(role);
      break;
    }
  }
  return changed;
}

}  // namespace varve
