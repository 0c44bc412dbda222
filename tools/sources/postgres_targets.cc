#include "tools/sources/postgres_targets.h"

#include <fmt/format.h>

#include <set>
#include <string_view>

#include "store/core/error.h"
#include "tools/sources/postgres_connection.h"
#include "tools/sources/postgres_source.h"

namespace varve {
namespace {

constexpr const char* kDatabases =
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate "
    "AND has_database_privilege(oid, 'CONNECT') ORDER BY datname";

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using OwnedOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

const PQconninfoOption* find_option(const OwnedOptions& options, std::string_view keyword) {
  if (!options) return nullptr;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (keyword == option->keyword) return option;
  }
  return nullptr;
}

std::string value_of(const OwnedOptions& options, std::string_view keyword) {
  const PQconninfoOption* const option = find_option(options, keyword);
  return option == nullptr || option->val == nullptr ? "" : option->val;
}

// A database may be called anything; a file may not.
std::string file_name_of(const std::string& database) {
  std::string name;
  for (const char letter : database) {
    const auto code = static_cast<unsigned char>(letter);
    const bool kept = letter != '/' && letter != '%' && code >= ' ' && code != 0x7f;
    if (kept && !(letter == '.' && name.empty())) {
      name += letter;
    } else {
      name += fmt::format("%{:02X}", code);
    }
  }
  return name;
}

struct Connected {
  std::unique_ptr<PostgresConnection> connection;
  std::string name;
};

std::vector<Connected> all_databases(const PostgresTarget& target, const std::stop_token& stop) {
  if (target.name != postgres_source_name(target.target)) {
    throw Error(ErrorCode::usage, "--as names one source, and --all-databases may find several");
  }
  PostgresConnection first(target.target, "", stop);
  const PostgresRows databases = first.query(kDatabases);
  std::vector<Connected> connected;
  for (int i = 0; i < databases.size(); ++i) {
    const std::string database = databases.at(i, 0);
    connected.push_back({std::make_unique<PostgresConnection>(target.target, database, stop),
                         file_name_of(database)});
  }
  return connected;
}

std::vector<Connected> connect(const PostgresTarget& target, bool all,
                               const std::stop_token& stop) {
  if (all) return all_databases(target, stop);
  auto connection = std::make_unique<PostgresConnection>(target.target, "", stop);
  std::vector<Connected> connected;
  connected.push_back({std::move(connection), target.name});
  return connected;
}

}  // namespace

bool is_postgres_target(const std::string& text) {
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) return true;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return false;
  const std::size_t begin = text.find_first_not_of(' ');
  const std::size_t end = text.find_first_of(" =", begin);
  return find_option(OwnedOptions(PQconndefaults()), text.substr(begin, end - begin)) != nullptr;
}

std::string postgres_source_name(const std::string& target) {
  refuse_unclear_uri(target);
  const OwnedOptions named(PQconninfoParse(target.c_str(), nullptr));
  if (!named) throw Error(ErrorCode::usage, "a PostgreSQL URI or keyword string cannot be read");
  const OwnedOptions defaults(PQconndefaults());
  for (const std::string& name :
       {value_of(named, "dbname"), value_of(named, "service"), value_of(defaults, "dbname"),
        value_of(named, "user"), value_of(defaults, "user")}) {
    if (!name.empty()) return file_name_of(name);
  }
  return "postgresql";
}

std::string postgres_database_name(const std::string& target) {
  const OwnedOptions named(PQconninfoParse(target.c_str(), nullptr));
  if (!named) throw Error(ErrorCode::usage, "a PostgreSQL URI or keyword string cannot be read");
  const std::string name = value_of(named, "dbname");
  return name.empty() ? value_of(OwnedOptions(PQconndefaults()), "dbname") : name;
}

std::vector<std::unique_ptr<Source>> postgres_sources(const std::vector<PostgresTarget>& targets,
                                                      const PostgresOptions& options,
                                                      const std::stop_token& stop) {
  std::vector<std::unique_ptr<Source>> sources;
  std::set<std::string> servers;  // whose globals are taken
  std::set<std::string> names;
  for (const PostgresTarget& target : targets) {
    for (Connected& one : connect(target, options.all_databases, stop)) {
      // Every server has a database "postgres".
      if (options.all_databases && !names.insert(one.name).second) {
        one.name = file_name_of(one.connection->server()) + "." + one.name;
      }
      std::string globals;
      if (servers.insert(one.connection->server()).second) {
        globals = servers.size() == 1 ? "globals.sql" : one.name + ".globals.sql";
      }
      sources.push_back(std::make_unique<PostgresSource>(
          std::move(one.connection), std::move(one.name), std::move(globals), options, stop));
    }
  }
  return sources;
}

}  // namespace varve
