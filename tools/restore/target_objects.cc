#include "tools/restore/target_objects.h"

#include <fmt/format.h>

#include <map>
#include <string_view>

namespace varve {
namespace {

// The server's function that finds an object of that kind by its name; null: there is none.
const char* finder_of(std::string_view kind) {
  static const std::map<std::string_view, const char*> kFinders = {
      {"TABLE", "to_regclass"},         {"FOREIGN TABLE", "to_regclass"},
      {"VIEW", "to_regclass"},          {"MATERIALIZED VIEW", "to_regclass"},
      {"SEQUENCE", "to_regclass"},      {"SCHEMA", "to_regnamespace"},
      {"TYPE", "to_regtype"},           {"SHELL TYPE", "to_regtype"},
      {"DOMAIN", "to_regtype"},         {"FUNCTION", "to_regprocedure"},
      {"PROCEDURE", "to_regprocedure"}, {"AGGREGATE", "to_regprocedure"}};
  const auto found = kFinders.find(kind);
  return found == kFinders.end() ? nullptr : found->second;
}

// Of functions, what stands behind the name is the types of its arguments.
std::string quoted_name(const PostgresConnection& connection, const ArchiveEntry& entry,
                        std::string_view finder) {
  const std::size_t end = finder == "to_regprocedure" ? entry.name.find('(') : std::string::npos;
  std::string name = connection.identifier(entry.name.substr(0, end));
  if (end != std::string::npos) name += entry.name.substr(end);
  return entry.schema.empty() ? name : connection.identifier(entry.schema) + "." + name;
}

}  // namespace

bool has_object(PostgresConnection& connection, const ArchiveEntry& entry) {
  if (entry.kind == "EXTENSION" || entry.kind == "PUBLICATION") {
    const bool is_extension = entry.kind == "EXTENSION";
    return connection.value(fmt::format("SELECT count(*) FROM {} WHERE {} = {}",
                                        is_extension ? "pg_extension" : "pg_publication",
                                        is_extension ? "extname" : "pubname",
                                        connection.literal(entry.name))) != "0";
  }
  const char* const finder = finder_of(entry.kind);
  if (finder == nullptr) return true;
  try {
    return connection.value(
               fmt::format("SELECT {}({}) IS NOT NULL", finder,
                           connection.literal(quoted_name(connection, entry, finder)))) == "t";
  } catch (const PostgresError& error) {
    if (error.state().empty()) throw;
    return true;  // arguments of types that it does not know: it will say so itself
  }
}

}  // namespace varve
