#include "tools/restore/postgres_properties.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>

namespace varve {
namespace {

// Settings that are lists of names: each is quoted by itself, or the list would become one name.
// The same list as in pg_dump (variable_is_guc_list_quote).
bool is_list(std::string_view setting) {
  constexpr std::array<std::string_view, 6> kLists = {
      "local_preload_libraries",  "search_path",      "session_preload_libraries",
      "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"};
  for (const std::string_view list : kLists) {
    if (setting == list) return true;
  }
  return false;
}

// The names of a list as the server keeps it: "Odd ""schema""", public
std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names(1);
  bool is_quoted = false;
  for (std::size_t at = 0; at < list.size(); ++at) {
    const char letter = list[at];
    if (letter == '"') {
      const bool is_doubled = is_quoted && at + 1 < list.size() && list[at + 1] == '"';
      if (is_doubled) names.back() += list[at++];
      if (!is_doubled) is_quoted = !is_quoted;
    } else if (letter == ',' && !is_quoted) {
      names.emplace_back();
    } else if (letter != ' ' || is_quoted) {
      names.back() += letter;
    }
  }
  return names;
}

std::string value_for(const PostgresConnection& connection, const std::string& setting,
                      const std::string& value) {
  if (!is_list(setting)) return connection.literal(value);
  std::vector<std::string> literals;
  for (const std::string& name : names_in(value)) literals.push_back(connection.literal(name));
  return fmt::format("{}", fmt::join(literals, ", "));
}

class Properties {
 public:
  Properties(PostgresConnection& connection, const std::string& from, const std::string& to)
      : connection_(connection),
        of_(fmt::format("(SELECT oid FROM pg_database WHERE datname = {})",
                        connection.literal(from))),
        name_(connection.identifier(to)) {}

  std::vector<std::string> copy() {
    copy_rights();
    copy_settings();
    copy_limit();
    return std::move(faults_);
  }

 private:
  void copy_rights() {
    const PostgresRows rights = connection_.query(
        fmt::format("SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE "
                    "quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN "
                    "' WITH GRANT OPTION' ELSE '' END FROM pg_database d, aclexplode(d.datacl) a "
                    "WHERE d.oid = {}",
                    of_));
    if (rights.size() == 0) return;  // those that every database has
    std::string grants = fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC;", name_);
    for (int i = 0; i < rights.size(); ++i) {
      grants += fmt::format("GRANT {} ON DATABASE {} TO {}{};", rights.at(i, 0), name_,
                            rights.at(i, 1), rights.at(i, 2));
    }
    connection_.query(grants);
  }

  void copy_settings() {
    const PostgresRows settings = connection_.query(
        fmt::format("SELECT coalesce(quote_ident(r.rolname), ''), split_part(c, '=', 1), "
                    "substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s "
                    "LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c "
                    "WHERE s.setdatabase = {}",
                    of_));
    for (int i = 0; i < settings.size(); ++i) {
      const std::string role = settings.at(i, 0);
      const std::string setting = settings.at(i, 1);
      set(fmt::format(
          "ALTER {} SET {} TO {}",
          role.empty() ? "DATABASE " + name_ : fmt::format("ROLE {} IN DATABASE {}", role, name_),
          connection_.identifier(setting), value_for(connection_, setting, settings.at(i, 2))));
    }
  }

  void copy_limit() {
    const std::string limit =
        connection_.value("SELECT datconnlimit FROM pg_database WHERE oid = " + of_);
    if (limit != "-1") set(fmt::format("ALTER DATABASE {} CONNECTION LIMIT {}", name_, limit));
  }

  void set(const std::string& statement) {
    try {
      connection_.query(statement);
    } catch (const PostgresError& error) {
      if (error.state().empty()) throw;  // the connection is gone
      faults_.push_back(fmt::format("{} ({})", error.what(), statement));
    }
  }

  PostgresConnection& connection_;
  const std::string of_;
  const std::string name_;
  std::vector<std::string> faults_;
};

}  // namespace

// By JSON, as the columns of the locale have other names in other versions.
DatabaseShape shape_of(PostgresConnection& connection, const std::string& database) {
  const PostgresRows row = connection.query(
      fmt::format("SELECT pg_encoding_to_char(encoding), datcollate, datctype, "
                  "CASE WHEN to_jsonb(d)->>'datlocprovider' = 'i' THEN "
                  "coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') END, "
                  "pg_get_userbyid(datdba), CASE WHEN spcname <> 'pg_default' THEN spcname END "
                  "FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace "
                  "WHERE datname = {}",
                  connection.literal(database)));
  if (row.size() != 1) {
    throw Error(ErrorCode::failed,
                fmt::format("there is no database {} on {}", database, connection.server()));
  }
  return {.encoding = row.at(0, 0),
          .collate = row.at(0, 1),
          .ctype = row.at(0, 2),
          .icu_locale = row.at(0, 3),
          .owner = row.at(0, 4),
          .tablespace = row.at(0, 5)};
}

std::string create_statement(const PostgresConnection& connection, const std::string& database,
                             const DatabaseShape& shape) {
  std::string sql =
      fmt::format("CREATE DATABASE {} TEMPLATE template0", connection.identifier(database));
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) sql += fmt::format(" {} {}", what, connection.literal(value));
  };
  add("ENCODING", shape.encoding);
  add("LC_COLLATE", shape.collate);
  add("LC_CTYPE", shape.ctype);
  if (!shape.icu_locale.empty()) sql += " LOCALE_PROVIDER icu";
  add("ICU_LOCALE", shape.icu_locale);
  if (!shape.owner.empty()) sql += " OWNER " + connection.identifier(shape.owner);
  if (!shape.tablespace.empty()) sql += " TABLESPACE " + connection.identifier(shape.tablespace);
  return sql;
}

std::vector<std::string> copy_properties(PostgresConnection& connection, const std::string& from,
                                         const std::string& to) {
  return Properties(connection, from, to).copy();
}

}  // namespace varve
