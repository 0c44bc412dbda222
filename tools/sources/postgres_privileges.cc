#include "tools/sources/postgres_privileges.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "store/core/name_list.h"

namespace varve {
namespace {

constexpr std::size_t kNamed = 5;  // of each kind; the rest is counted

// What pg_dump leaves out: the system's schemas and what extensions bring (but for the tables that
// an extension registered as having a user's data).
constexpr const char* kDumped = R"(
  n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
  AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                    AND NOT c.oid = ANY (coalesce(e.extconfig, '{}'))))";

std::string schemas_query() {
  return fmt::format(R"(
    SELECT DISTINCT quote_ident(n.nspname) FROM pg_namespace n JOIN pg_class c
      ON c.relnamespace = n.oid
    WHERE c.relkind IN ('r', 'p', 'S') AND {} AND NOT has_schema_privilege(n.oid, 'USAGE')
    ORDER BY 1)",
                     kDumped);
}

std::string relations_query(const char* kinds, const char* condition) {
  return fmt::format(R"(
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c
      JOIN pg_namespace n ON c.relnamespace = n.oid
    WHERE c.relkind IN ({}) AND {} AND {} ORDER BY 1)",
                     kinds, kDumped, condition);
}

constexpr const char* kLargeObjects = R"(
  SELECT m.oid FROM pg_largeobject_metadata m
  WHERE current_setting('lo_compat_privileges') = 'off'
    AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
    AND NOT pg_has_role(m.lomowner, 'USAGE')
    AND NOT EXISTS (SELECT FROM aclexplode(m.lomacl) a WHERE a.privilege_type = 'SELECT'
                      AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))
  ORDER BY 1)";

std::vector<std::string> first_column(PostgresConnection& connection, const std::string& sql) {
  const PostgresRows rows = connection.query(sql);
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.push_back(rows.at(i, 0));
  return names;
}

struct Missing {
  std::vector<std::string> things;
  std::vector<std::string> remedies;

  // `remedy` has {0} for the list and {1} for the role.
  void add(const std::vector<std::string>& names, const char* kind, const char* remedy,
           const std::string& role) {
    if (names.empty()) return;
    things.push_back(fmt::format("{} {}", kind, name_list(names, kNamed)));
    remedies.push_back(fmt::format(fmt::runtime(remedy), name_list(names, kNamed), role));
  }
};

}  // namespace

std::optional<std::string> missing_privileges(PostgresConnection& connection, bool schema_only) {
  const std::string role = connection.value("SELECT quote_ident(current_user)");
  Missing unreadable;
  unreadable.add(first_column(connection, schemas_query()), "schema",
                 "GRANT USAGE ON SCHEMA {} TO {}", role);
  unreadable.add(
      first_column(connection,
                   relations_query("'r', 'p'", "NOT has_table_privilege(c.oid, 'SELECT')")),
      "table", "GRANT SELECT ON TABLE {} TO {}", role);
  unreadable.add(
      first_column(connection, relations_query("'S'", "NOT has_table_privilege(c.oid, 'SELECT')")),
      "sequence", "GRANT SELECT ON SEQUENCE {} TO {}", role);
  Missing hidden;
  if (!schema_only) {
    unreadable.add(first_column(connection, kLargeObjects), "large object",
                   "GRANT SELECT ON LARGE OBJECT {} TO {}", role);
    hidden.add(first_column(connection, relations_query("'r', 'p'", "row_security_active(c.oid)")),
               "table", "ALTER ROLE {1} BYPASSRLS", role);
  }
  std::vector<std::string> faults;
  if (!unreadable.things.empty()) {
    faults.push_back(fmt::format("role {} may not read {}: as their owner or a superuser, {}", role,
                                 fmt::join(unreadable.things, ", "),
                                 fmt::join(unreadable.remedies, "; ")));
  }
  if (!hidden.things.empty()) {
    faults.push_back(
        fmt::format("row-level security hides rows of {} from role {}: as a superuser, "
                    "{}, or dump as another role",
                    fmt::join(hidden.things, ", "), role, fmt::join(hidden.remedies, "; ")));
  }
  if (faults.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(faults, "; "));
}

bool may_read_passwords(PostgresConnection& connection) {
  return connection.value("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')") == "t";
}

}  // namespace varve
