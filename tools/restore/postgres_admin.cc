#include "tools/restore/postgres_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <tuple>
#include <utility>

#include "tools/sources/postgres_encoding.h"
#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

constexpr std::chrono::seconds kPatience(10);  // with a server that is still at it
constexpr std::chrono::milliseconds kPause(100);
constexpr int kSwapTries = 5;                     // against programs that connect again at once
constexpr const char* kInUse = "55006";           // SQLSTATE object_in_use
constexpr const char* kMaintenance = "postgres";  // every server has one of them, but few users
constexpr const char* kMaintenanceElse = "template1";

// libpq does not say in a way of its own that a database is missing, and the server says it in any
// language: so what cannot be reached in one way is tried in the other.
std::unique_ptr<PostgresConnection> connect_for_maintenance(const std::string& target,
                                                            const std::stop_token& stop) {
  try {
    return std::make_unique<PostgresConnection>(target, kMaintenance, stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::failed) throw;
    try {
      return std::make_unique<PostgresConnection>(target, kMaintenanceElse, stop);
    } catch (const Error&) {
      throw error;
    }
  }
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
  auto connection = std::make_unique<PostgresConnection>(target_, database, stop_);
  connection->query("SET client_encoding = " + session_encoding(*connection));
  return connection;
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

void PostgresAdmin::create(const std::string& database, const DatabaseShape& shape) {
  connection_->query(create_statement(*connection_, database, shape));
}

// Of users: the server ends its own processes by itself.
std::string PostgresAdmin::end_sessions_of(const std::string& database) const {
  return fmt::format(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} "
      "AND pid <> pg_backend_pid() AND usesysid IS NOT NULL",
      connection_->literal(database));
}

void PostgresAdmin::drop(const std::string& database) {
  if (!exists(database)) return;
  connection_->query(end_sessions_of(database));
  connection_->query("DROP DATABASE IF EXISTS " + connection_->identifier(database));
}

std::string PostgresAdmin::comment_of(const std::string& database) {
  return connection_->value(
      fmt::format("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                  "WHERE datname = {}",
                  connection_->literal(database)));
}

std::string PostgresAdmin::comment_statement(const Comment& comment) const {
  return fmt::format("COMMENT ON DATABASE {} IS {}", connection_->identifier(comment.database),
                     comment.text.empty() ? "NULL" : connection_->literal(comment.text));
}

void PostgresAdmin::set_comment(const Comment& comment) {
  connection_->query(comment_statement(comment));
}

// The renaming locks the database against new sessions, and then waits some seconds for the old
// ones to end; only between the statements somebody can come in.
void PostgresAdmin::rename(const std::vector<Renaming>& renamings,
                           const std::vector<Comment>& comments) {
  std::string statements = "BEGIN";
  for (const Renaming& one : renamings) statements += "; " + end_sessions_of(one.from);
  for (const Renaming& one : renamings) {
    statements += fmt::format("; ALTER DATABASE {} RENAME TO {}", connection_->identifier(one.from),
                              connection_->identifier(one.to));
  }
  for (const Comment& comment : comments) statements += "; " + comment_statement(comment);
  const std::string process = connection_->value("SELECT pg_backend_pid()");
  for (int tries = 1;; ++tries) {
    try {
      connection_->query(statements + "; COMMIT");
      return;
    } catch (const PostgresError& error) {
      if (!is_answered(error)) return require_renamed(renamings.back(), process, error);
      connection_->query("ROLLBACK");
      if (error.state() != kInUse || tries == kSwapTries) throw;
    }
  }
}

// One that a pooler keeps for the next client is idle.
bool PostgresAdmin::is_at_work(const std::string& process) {
  return connection_->value(fmt::format("SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND "
                                        "state IS DISTINCT FROM 'idle'",
                                        process)) != "0";
}

// Behind a connection that broke: at the COMMIT it may have been done all the same. As long as the
// server's process is at work nothing is decided.
void PostgresAdmin::require_renamed(const Renaming& last, const std::string& process,
                                    const PostgresError& broken) const {
  bool is_done = false;
  try {
    PostgresAdmin again(target_, {});
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (again.is_at_work(process)) {
      if (std::chrono::steady_clock::now() > end) {
        throw Error(ErrorCode::failed, "the server is still at it");
      }
      std::this_thread::sleep_for(kPause);
    }
    is_done = again.exists(last.to) && !again.exists(last.from);
  } catch (const Error& error) {
    throw UnclearCommit(
        fmt::format("{}: whether the databases have their new names cannot be "
                    "found out ({}); it is done where there is no {} any more",
                    broken.what(), error.what(), last.from));
  }
  if (!is_done) throw broken;
}

PostgresAdmin::NamedSo PostgresAdmin::named_after_target(DatabaseMark::State state) {
  const PostgresRows rows = connection_->query(
      "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database ORDER BY 1");
  NamedSo found;
  for (int i = 0; i < rows.size(); ++i) {
    const std::string name = rows.at(i, 0);
    if (!is_marked_name(name, database_, state)) continue;
    auto mark = parse_mark(rows.at(i, 1));
    if (!mark) {
      found.unmarked.push_back(name);
    } else if (mark->state == state && mark->of == database_) {
      found.marked.push_back({name, std::move(*mark)});
    }
  }
  std::ranges::sort(found.marked, {}, [](const Marked& one) {
    return std::tuple(one.mark.since, one.name.size(), one.name);  // "…_2" is younger
  });
  return found;
}

std::string PostgresAdmin::free_name(DatabaseMark::State state, Timestamp since) {
  std::string name = marked_name(database_, state, since);
  for (int number = 2; exists(name); ++number) {
    name = marked_name(database_, state, since, number);
  }
  return name;
}

}  // namespace varve
