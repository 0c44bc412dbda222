#include "tools/restore/postgres_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

constexpr std::size_t kLongestName = 63;  // bytes: NAMEDATALEN - 1
constexpr int kSwapTries = 5;             // against programs that connect again at once

// Every server has one of them, and nobody restores into them.
constexpr const char* kMaintenance = "postgres";
constexpr const char* kMaintenanceElse = "template1";

std::unique_ptr<PostgresConnection> connect_for_maintenance(const std::string& target,
                                                            const std::stop_token& stop) {
  try {
    return std::make_unique<PostgresConnection>(target, kMaintenance, stop);
  } catch (const Error& error) {
    const std::string words = error.what();
    if (words.find("database \"postgres\" does not exist") == std::string::npos) throw;
    return std::make_unique<PostgresConnection>(target, kMaintenanceElse, stop);
  }
}

bool is_in_use(const Error& error) {
  return std::string_view(error.what()).find("is being accessed by other users") !=
         std::string_view::npos;
}

}  // namespace

PostgresAdmin::PostgresAdmin(std::string target, std::stop_token stop)
    : target_(std::move(target)),
      database_(postgres_database_name(target_)),
      stop_(std::move(stop)) {
  if (database_.empty()) {
    throw Error(ErrorCode::usage, fmt::format("{} names no database: write postgresql:///NAME",
                                              without_secrets(target_)));
  }
  connection_ = connect_for_maintenance(target_, stop_);
}

std::string PostgresAdmin::location() const {
  return fmt::format("postgresql://{}@{}", connection_->user(), place());
}

std::string PostgresAdmin::place() const {
  return fmt::format("{}/{}", connection_->server(), database_);
}

std::unique_ptr<PostgresConnection> PostgresAdmin::connect(const std::string& database) const {
  return std::make_unique<PostgresConnection>(target_, database, stop_);
}

bool PostgresAdmin::exists(const std::string& database) {
  return connection_
             ->query(fmt::format("SELECT FROM pg_database WHERE datname = {}",
                                 connection_->literal(database)))
             .size() == 1;
}

std::uint64_t PostgresAdmin::size_of(const std::string& database) {
  return std::stoull(connection_->value(
      fmt::format("SELECT pg_database_size({})", connection_->literal(database))));
}

int PostgresAdmin::sessions_of(const std::string& database) {
  return std::stoi(connection_->value(
      fmt::format("SELECT count(*) FROM pg_stat_activity WHERE datname = {} AND backend_type = "
                  "'client backend'",
                  connection_->literal(database))));
}

// By JSON, as the columns of the last two have other names in other versions.
DatabaseShape PostgresAdmin::shape_of(const std::string& database) {
  const PostgresRows row = connection_->query(
      fmt::format("SELECT pg_encoding_to_char(encoding), datcollate, datctype, "
                  "CASE WHEN to_jsonb(d)->>'datlocprovider' = 'i' THEN "
                  "coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') END, "
                  "pg_get_userbyid(datdba) FROM pg_database d WHERE datname = {}",
                  connection_->literal(database)));
  if (row.size() != 1) {
    throw Error(ErrorCode::failed,
                fmt::format("there is no database {} on {}", database, connection_->server()));
  }
  return {.encoding = row.at(0, 0),
          .collate = row.at(0, 1),
          .ctype = row.at(0, 2),
          .icu_locale = row.at(0, 3),
          .owner = row.at(0, 4)};
}

void PostgresAdmin::create(const std::string& database, const DatabaseShape& shape) {
  std::string sql =
      fmt::format("CREATE DATABASE {} TEMPLATE template0", connection_->identifier(database));
  const auto add = [&](std::string_view what, const std::string& value) {
    if (!value.empty()) sql += fmt::format(" {} {}", what, connection_->literal(value));
  };
  add("ENCODING", shape.encoding);
  add("LC_COLLATE", shape.collate);
  add("LC_CTYPE", shape.ctype);
  if (!shape.icu_locale.empty()) sql += " LOCALE_PROVIDER icu";
  add("ICU_LOCALE", shape.icu_locale);
  if (!shape.owner.empty()) sql += " OWNER " + connection_->identifier(shape.owner);
  connection_->query(sql);
}

// A setting is put into effect and then stored from there: so its value needs no quoting that
// would depend on what kind of setting it is.
void PostgresAdmin::copy_settings(const std::string& from, const std::string& to) {
  const std::string of =
      fmt::format("(SELECT oid FROM pg_database WHERE datname = {})", connection_->literal(from));
  const std::string name = connection_->identifier(to);
  const PostgresRows settings = connection_->query(fmt::format(
      "SELECT coalesce(quote_ident(r.rolname), ''), split_part(c, '=', 1), "
      "substr(c, strpos(c, '=') + 1) FROM pg_db_role_setting s "
      "LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE s.setdatabase = {}",
      of));
  for (int i = 0; i < settings.size(); ++i) {
    const std::string role = settings.at(i, 0);
    const std::string setting = settings.at(i, 1);
    const std::string whose =
        role.empty() ? "DATABASE " + name : fmt::format("ROLE {} IN DATABASE {}", role, name);
    connection_->query(
        fmt::format("SELECT set_config({}, {}, false); ALTER {} SET {} FROM "
                    "CURRENT; RESET {}",
                    connection_->literal(setting), connection_->literal(settings.at(i, 2)), whose,
                    setting, setting));
  }
  const PostgresRows rights = connection_->query(
      fmt::format("SELECT a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE "
                  "quote_ident(pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN "
                  "' WITH GRANT OPTION' ELSE '' END FROM pg_database d, aclexplode(d.datacl) a "
                  "WHERE d.oid = {}",
                  of));
  if (rights.size() == 0) return;  // those that every database has
  std::string grants = fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC;", name);
  for (int i = 0; i < rights.size(); ++i) {
    grants += fmt::format("GRANT {} ON DATABASE {} TO {}{};", rights.at(i, 0), name,
                          rights.at(i, 1), rights.at(i, 2));
  }
  connection_->query(grants);
}

std::string PostgresAdmin::end_sessions_of(const std::string& database) const {
  return fmt::format(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} "
      "AND pid <> pg_backend_pid()",
      connection_->literal(database));
}

void PostgresAdmin::drop(const std::string& database) {
  if (!exists(database)) return;
  connection_->query(end_sessions_of(database));
  connection_->query("DROP DATABASE IF EXISTS " + connection_->identifier(database));
}

// The renaming locks the database against new sessions, and then waits some seconds for the old
// ones to end; only between the statements somebody can come in.
void PostgresAdmin::in_transaction(const std::string& statements) {
  for (int tries = 1;; ++tries) {
    try {
      connection_->query("BEGIN; " + statements + "; COMMIT");
      return;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;  // the server rolls back by itself
      connection_->query("ROLLBACK");
      if (!is_in_use(error) || tries == kSwapTries) throw;
    }
  }
}

void PostgresAdmin::rename(const std::string& database, const std::string& to) {
  in_transaction(fmt::format("{}; ALTER DATABASE {} RENAME TO {}", end_sessions_of(database),
                             connection_->identifier(database), connection_->identifier(to)));
}

void PostgresAdmin::swap(const std::string& current, const std::string& next,
                         const std::string& aside) {
  in_transaction(
      fmt::format("{}; {}; ALTER DATABASE {} RENAME TO {}; ALTER DATABASE {} RENAME TO "
                  "{}",
                  end_sessions_of(next), end_sessions_of(current), connection_->identifier(current),
                  connection_->identifier(aside), connection_->identifier(next),
                  connection_->identifier(current)));
}

std::vector<std::string> PostgresAdmin::kept_of(const std::string& database) {
  const std::string front = name_with(database, "_before_99999999_999999");
  const std::string begin =
      front.substr(0, front.size() - std::string_view("99999999_999999").size());
  const PostgresRows rows = connection_->query(
      fmt::format("SELECT datname FROM pg_database WHERE starts_with(datname, {}) ORDER BY 1",
                  connection_->literal(begin)));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.push_back(rows.at(i, 0));
  return names;
}

std::string PostgresAdmin::name_with(const std::string& database, const std::string& suffix) {
  std::size_t length = std::min(database.size(), kLongestName - suffix.size());
  const auto is_inside_letter = [&](std::size_t at) {
    return at < database.size() && (static_cast<unsigned char>(database[at]) & 0xc0) == 0x80;
  };
  while (length > 0 && is_inside_letter(length)) --length;
  return database.substr(0, length) + suffix;
}

}  // namespace varve
