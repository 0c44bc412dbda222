#include "tools/restore/postgres_obstacles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr std::size_t kMostSessions = 5;  // that a message names

bool is_servers_own(const std::string& database) {
  return database == "postgres" || database == "template0" || database == "template1";
}

bool is_true(PostgresConnection& connection, const std::string& condition) {
  return connection.value(condition) == "t";
}

void require_right_to_rename(PostgresAdmin& admin) {
  PostgresConnection& connection = admin.connection();
  const std::string owner = connection.value(
      fmt::format("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = {}",
                  connection.literal(admin.database())));
  if (!is_true(connection,
               fmt::format("SELECT pg_has_role({}, 'USAGE')", connection.literal(owner)))) {
    throw Error(ErrorCode::failed,
                fmt::format("{} belongs to {}, and {} may not rename it: restore as {} or as a "
                            "superuser, or into a new database",
                            admin.location(), owner, connection.user(), owner));
  }
  if (is_true(connection,
              "SELECT rolsuper OR rolcreatedb FROM pg_roles "
              "WHERE rolname = current_user")) {
    return;
  }
  throw Error(ErrorCode::failed,
              fmt::format("{} may make no database: have a superuser say ALTER ROLE {} CREATEDB",
                          connection.user(), connection.identifier(connection.user())));
}

void require_sessions_to_end(PostgresAdmin& admin) {
  PostgresConnection& connection = admin.connection();
  const PostgresRows rows = connection.query(fmt::format(
      "SELECT s.pid, s.usename, s.application_name FROM pg_stat_activity s "
      "JOIN pg_roles r ON r.oid = s.usesysid, pg_roles me "
      "WHERE s.datname = {} AND me.rolname = current_user AND NOT me.rolsuper AND (r.rolsuper OR "
      "NOT (pg_has_role(r.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))) ORDER BY 1",
      connection.literal(admin.database())));
  if (rows.size() == 0) return;
  std::vector<std::string> sessions;
  for (int i = 0; i < rows.size(); ++i) {
    if (sessions.size() == kMostSessions) {
      sessions.push_back(fmt::format("{} more", rows.size() - i));
      break;
    }
    const std::string program = rows.at(i, 2);
    sessions.push_back(fmt::format("pid {} of {}{}", rows.at(i, 0), rows.at(i, 1),
                                   program.empty() ? "" : fmt::format(" ({})", program)));
  }
  throw Error(ErrorCode::failed,
              one_line(fmt::format("{} is in use by {}, which {} may not end: end it there, or "
                                   "restore as a superuser",
                                   admin.location(), fmt::join(sessions, ", "), connection.user()),
                       1000));
}

// They hold the database without a session, and outlive a restart of the server.
void require_no_prepared_transaction(PostgresAdmin& admin) {
  PostgresConnection& connection = admin.connection();
  const PostgresRows rows = connection.query(
      fmt::format("SELECT quote_literal(gid), owner FROM pg_prepared_xacts WHERE database = {} "
                  "ORDER BY prepared",
                  connection.literal(admin.database())));
  if (rows.size() == 0) return;
  throw Error(
      ErrorCode::failed,
      one_line(fmt::format("{0} is held by the prepared transaction {1} of {2}{3}: end it "
                           "in that database with COMMIT PREPARED {1} or ROLLBACK PREPARED "
                           "{1}",
                           admin.location(), rows.at(0, 0), rows.at(0, 1),
                           rows.size() == 1 ? "" : fmt::format(" and {} more", rows.size() - 1)),
               1000));
}

}  // namespace

void require_replaceable(PostgresAdmin& admin) {
  PostgresConnection& connection = admin.connection();
  const std::string& database = admin.database();
  if (is_servers_own(database) ||
      is_true(connection, fmt::format("SELECT datistemplate FROM pg_database WHERE datname = {}",
                                      connection.literal(database)))) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is a {} and is not replaced: restore into a database of another "
                            "name",
                            admin.location(),
                            is_servers_own(database) ? "database of the server itself"
                                                     : "template of other databases"));
  }
  require_right_to_rename(admin);
  require_sessions_to_end(admin);
  require_no_prepared_transaction(admin);
}

}  // namespace varve
