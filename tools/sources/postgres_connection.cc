#include "tools/sources/postgres_connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <set>
#include <string_view>

#include "store/core/one_line.h"

namespace varve {
namespace {

constexpr int kWakeMs = 100;                   // how late a stop may be noticed
constexpr const char* kConnectTimeout = "30";  // seconds, for each host

// What a server may have set for all its databases, and since which version.
struct Timeout {
  const char* name;
  int since;
};
constexpr std::array kTimeouts = {
    Timeout{"statement_timeout", 0},
    Timeout{"lock_timeout", 90300},
    Timeout{"idle_in_transaction_session_timeout", 90600},
    Timeout{"idle_session_timeout", 140000},
    Timeout{"transaction_timeout", 170000},
};

// A database's owner may have put functions of his own in front of the server's, which would run
// with our rights (CVE-2018-1058).
std::string opening(int server_version) {
  std::string statements;
  for (const Timeout& timeout : kTimeouts) {
    if (server_version >= timeout.since) statements += fmt::format("SET {} = 0; ", timeout.name);
  }
  return statements + "SELECT pg_catalog.set_config('search_path', '', false)";
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using OwnedOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct FreeMemory {
  void operator()(char* memory) const noexcept { PQfreemem(memory); }
};

bool is_secret(const PQconninfoOption& option) { return option.dispchar[0] == '*'; }

// Where the server listens: "db.example:5432", "[::1]:5432", "/run/postgresql:5432".
std::string address(std::string_view host, std::string_view port) {
  const bool is_v6 = host.find(':') != std::string_view::npos && host.front() != '/';
  return fmt::format("{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

// libpq waits for ever by default; a host that swallows packets must not stop a night's job.
bool has_connect_timeout_by_default() {
  const OwnedOptions options(PQconndefaults());
  if (!options) return false;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "connect_timeout") return option->val != nullptr;
  }
  return false;
}

std::string_view advice(const std::string& words) {
  const auto says = [&](std::string_view part) { return words.find(part) != std::string::npos; };
  if (says("no password supplied") || says("password authentication failed")) {
    return "; name the user in the URI and give its password by PGPASSWORD or ~/.pgpass";
  }
  if (says("database") && says("does not exist")) return "; psql -l lists the server's databases";
  if (says("role") && says("does not exist")) return "; name the user in the URI";
  if (says("Peer authentication failed")) {
    return "; run varve as that user, or connect over a host with a password";
  }
  if (says("could not translate host name") || says("Connection refused") ||
      says("No such file or directory") || says("timeout expired")) {
    return "; check host and port, and that the server runs and listens there";
  }
  if (says("no pg_hba.conf entry")) return "; the server's pg_hba.conf must allow it";
  return "";
}

}  // namespace

std::string quoted_keyword_value(std::string_view value) {
  std::string text = "'";
  for (const char letter : value) {
    if (letter == '\'' || letter == '\\') text += '\\';
    text += letter;
  }
  return text + "'";
}

void refuse_unclear_uri(const std::string& target) {
  const std::size_t scheme = target.find("://");
  const std::size_t at = target.find('@', scheme == target.npos ? 0 : scheme);
  if (scheme == target.npos || at == target.npos) return;
  const std::size_t end = target.find_first_of("/?#", scheme + 3);
  if (at < end && target.find('@', at + 1) == target.npos) return;
  throw Error(ErrorCode::usage,
              "a PostgreSQL URI is not clear: an '@', '/', '?' or '#' in a user's name or password "
              "is written %40, %2F, %3F or %23; better, leave the password out and give it by "
              "PGPASSWORD or ~/.pgpass");
}

std::string without_secrets(const std::string& target) {
  static const std::set<std::string_view> shown = {"service", "host",   "hostaddr",
                                                   "port",    "dbname", "user"};
  const OwnedOptions options(PQconninfoParse(target.c_str(), nullptr));
  if (!options) return "postgresql://… (it cannot be parsed)";
  std::string text;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || !shown.contains(option->keyword)) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", option->keyword, option->val);
  }
  return text.empty() ? "postgresql://" : one_line(text);
}

std::string target_without_secrets(const std::string& target) {
  const OwnedOptions options(PQconninfoParse(target.c_str(), nullptr));
  if (!options) return without_secrets(target);
  bool has_secret = false;
  std::string keywords;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    if (is_secret(*option)) {
      has_secret = true;
    } else {
      keywords += fmt::format("{}{}={}", keywords.empty() ? "" : " ", option->keyword,
                              quoted_keyword_value(option->val));
    }
  }
  return has_secret ? keywords : target;
}

PostgresConnection::PostgresConnection(const std::string& target, const std::string& database,
                                       std::stop_token stop)
    : stop_(std::move(stop)) {
  refuse_unclear_uri(target);
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto add = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  if (!has_connect_timeout_by_default()) add("connect_timeout", kConnectTimeout);
  add("dbname", target.c_str());  // what stands in it overrides what is in front
  if (!database.empty()) add("dbname", database.c_str());
  add("fallback_application_name", "varve");
  add(nullptr, nullptr);
  connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(connection_.get()) == CONNECTION_OK) {
    // libpq would print what the server remarks: that a session which is to end has ended already.
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
    query(opening(server_version()));
    return;
  }
  const std::string words = one_line(PQerrorMessage(connection_.get()));
  throw Error(ErrorCode::failed, fmt::format("cannot connect to PostgreSQL ({}): {}{}",
                                             without_secrets(target), words, advice(words)));
}

void PostgresConnection::cancel() noexcept {
  if (PGcancel* const request = PQgetCancel(connection_.get())) {
    std::array<char, 256> words{};
    PQcancel(request, words.data(), static_cast<int>(words.size()));
    PQfreeCancel(request);
  }
}

void PostgresConnection::wait_for_answer() {
  while (true) {
    if (stop_.stop_requested() || extra_stop_.stop_requested()) {
      cancel();  // a server does not notice that its client is gone until it has something to say
      throw Error(ErrorCode::interrupted, "interrupted");
    }
    pollfd waiting = {.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, kWakeMs);
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw system_error(errno, "cannot wait for PostgreSQL");
  }
}

PostgresError PostgresConnection::failure(const PGresult* result) const {
  const char* const words =
      result == nullptr ? PQerrorMessage(connection_.get()) : PQresultErrorMessage(result);
  const char* const state =
      result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return {fmt::format("{}: {}", location(), one_line(words)), state == nullptr ? "" : state};
}

OwnedPostgresResult PostgresConnection::last_result() {
  OwnedPostgresResult last;
  while (true) {
    while (PQisBusy(connection_.get()) == 1) {
      wait_for_answer();
      if (PQconsumeInput(connection_.get()) != 1) throw failure(nullptr);
    }
    OwnedPostgresResult next(PQgetResult(connection_.get()));
    if (!next) return last;
    if (!last || PQresultStatus(last.get()) != PGRES_FATAL_ERROR) last = std::move(next);
    if (PQresultStatus(last.get()) == PGRES_COPY_IN) return last;  // there is nothing behind it
  }
}

PostgresRows PostgresConnection::query(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    throw failure(nullptr);
  }
  OwnedPostgresResult last = last_result();
  const ExecStatusType status = last ? PQresultStatus(last.get()) : PGRES_FATAL_ERROR;
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    throw failure(last.get());
  }
  return PostgresRows(std::move(last));
}

void PostgresConnection::copy_in(const std::string& sql, const std::function<ByteView()>& next) {
  PGconn* const connection = connection_.get();
  if (PQsendQuery(connection, sql.c_str()) != 1) throw failure(nullptr);
  const OwnedPostgresResult begun = last_result();
  if (!begun || PQresultStatus(begun.get()) != PGRES_COPY_IN) {
    throw failure(begun.get());
  }
  try {
    for (ByteView piece = next(); !piece.empty(); piece = next()) {
      if (stop_.stop_requested() || extra_stop_.stop_requested()) {
        throw Error(ErrorCode::interrupted, "interrupted");
      }
      const std::string_view text = as_text(piece);
      if (PQputCopyData(connection, text.data(), static_cast<int>(text.size())) != 1) {
        throw failure(nullptr);
      }
    }
  } catch (...) {
    PQputCopyEnd(connection, "given up");
    throw;
  }
  if (PQputCopyEnd(connection, nullptr) != 1) throw failure(nullptr);
  const OwnedPostgresResult ended = last_result();
  if (!ended || PQresultStatus(ended.get()) != PGRES_COMMAND_OK) {
    throw failure(ended.get());
  }
}

std::string PostgresConnection::value(const std::string& sql) {
  const PostgresRows rows = query(sql);
  if (rows.size() != 1) throw Error(ErrorCode::failed, location() + ": not one row: " + sql);
  return rows.at(0, 0);
}

std::string PostgresConnection::identifier(const std::string& name) const {
  const std::unique_ptr<char, FreeMemory> quoted_name(
      PQescapeIdentifier(connection_.get(), name.data(), name.size()));
  if (!quoted_name) throw Error(ErrorCode::failed, PQerrorMessage(connection_.get()));
  return quoted_name.get();
}

std::string PostgresConnection::literal(const std::string& text) const {
  const std::unique_ptr<char, FreeMemory> quoted_text(
      PQescapeLiteral(connection_.get(), text.data(), text.size()));
  if (!quoted_text) throw Error(ErrorCode::failed, PQerrorMessage(connection_.get()));
  return quoted_text.get();
}

std::string PostgresConnection::database() const { return PQdb(connection_.get()); }

std::string PostgresConnection::user() const { return PQuser(connection_.get()); }

std::string PostgresConnection::reported(const char* setting) const {
  const char* const value = PQparameterStatus(connection_.get(), setting);
  return value == nullptr ? "" : value;
}

std::string PostgresConnection::server() const {
  return address(PQhost(connection_.get()), PQport(connection_.get()));
}

std::string PostgresConnection::location() const {
  return fmt::format("postgresql://{}@{}/{}", user(), server(), database());
}

// "me@corp@/run/postgresql:5432/a/b": the host may be a folder, the database have slashes, the user
// an @. The port is what tells them apart.
std::string_view server_of(std::string_view location) {
  constexpr std::string_view kFront = "postgresql://";
  if (!location.starts_with(kFront)) return {};
  location.remove_prefix(kFront.size());
  for (std::size_t end = location.find('/'); end != location.npos;
       end = location.find('/', end + 1)) {
    const std::string_view front = location.substr(0, end);
    const std::size_t before_port = front.find_last_not_of("0123456789");
    const bool has_port = before_port != front.npos && before_port + 1 < front.size();
    const std::size_t at = front.rfind('@');
    if (has_port && front[before_port] == ':' && at != front.npos) return front.substr(at + 1);
  }
  return {};
}

PostgresConnection::ForPrograms PostgresConnection::for_programs() const {
  // Of several hosts, the one that answered. A password may have come from a file. A dump's
  // encoding does not go by the user's.
  static const std::set<std::string_view> replaced = {"service",
                                                      "servicefile",
                                                      "host",
                                                      "hostaddr",
                                                      "port",
                                                      "password",
                                                      "passfile",
                                                      "target_session_attrs",
                                                      "client_encoding",
                                                      "fallback_application_name"};
  PGconn* const connection = connection_.get();
  ForPrograms made;
  made.environment = {{"PGHOST", PQhost(connection)}, {"PGPORT", PQport(connection)}};
  const OwnedOptions options(PQconninfo(connection));
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val == nullptr || *option->val == '\0' || replaced.contains(option->keyword)) {
      if (std::string_view(option->keyword) != "hostaddr" || option->val == nullptr) continue;
      made.environment.emplace_back("PGHOSTADDR", PQhostaddr(connection));
    } else if (option->envvar != nullptr) {
      made.environment.emplace_back(option->envvar, option->val);
    } else if (!is_secret(*option)) {
      made.keywords += fmt::format("{}{}={}", made.keywords.empty() ? "" : " ", option->keyword,
                                   quoted_keyword_value(option->val));
    }
  }
  if (*PQpass(connection) != '\0') made.environment.emplace_back("PGPASSWORD", PQpass(connection));
  return made;
}

}  // namespace varve
