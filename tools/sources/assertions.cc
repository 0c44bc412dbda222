#include "tools/sources/assertions.h"

#include <fmt/format.h>

#include <functional>
#include <string_view>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/sources/sqlite_handle.h"

namespace varve {
namespace {

constexpr const char* kFalse = "it is false";

Assertion failed(const std::string& sql, std::string_view why) {
  return {.sql = sql, .passed = false, .detail = one_line(why)};
}

int allow_reading(void*, int action, const char*, const char*, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    default:
      return SQLITE_DENY;
  }
}

// Reading, views too, and nothing else while it lives.
class ReadingOnly {
 public:
  explicit ReadingOnly(sqlite3* database) : database_(database) {
    sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_VIEW, 1, nullptr);
    sqlite3_set_authorizer(database_, allow_reading, nullptr);
  }
  ~ReadingOnly() {
    sqlite3_set_authorizer(database_, nullptr, nullptr);
    sqlite3_db_config(database_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  }
  ReadingOnly(const ReadingOnly&) = delete;
  ReadingOnly& operator=(const ReadingOnly&) = delete;

 private:
  sqlite3* database_;
};

bool is_true(sqlite3_stmt* row) {
  return sqlite3_column_type(row, 0) != SQLITE_NULL && sqlite3_column_double(row, 0) != 0;
}

Assertion put(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* prepared = nullptr;
  const char* rest = nullptr;
  int code = sqlite3_prepare_v2(database, sql.c_str(), -1, &prepared, &rest);
  const OwnedSqliteStatement statement(prepared);
  if (code != SQLITE_OK) return failed(sql, sqlite3_errmsg(database));
  if (prepared == nullptr) return failed(sql, "it is no statement");
  if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return failed(sql, "it is more than one statement");
  }
  code = sqlite3_step(prepared);
  if (code == SQLITE_DONE) return failed(sql, "it gives no row");
  if (code != SQLITE_ROW) return failed(sql, sqlite3_errmsg(database));
  const bool holds = is_true(prepared);
  code = sqlite3_step(prepared);
  if (code == SQLITE_ROW) return failed(sql, "it gives more than one row");
  if (code != SQLITE_DONE) return failed(sql, sqlite3_errmsg(database));
  return holds ? Assertion{sql, true, {}} : failed(sql, kFalse);
}

// Without the server's place in front of it, which nobody can reach any more.
std::string words_of(const Error& error, const PostgresConnection& connection) {
  const std::string place = connection.location() + ": ";
  const std::string words = error.what();
  return words.starts_with(place) ? words.substr(place.size()) : words;
}

Assertion judge(const std::string& sql, const PostgresRows& rows) {
  if (rows.size() != 1) {
    return failed(sql, rows.size() == 0 ? "it gives no row" : "it gives more than one row");
  }
  const std::string value = rows.at(0, 0);
  if (value == "t") return {sql, true, {}};
  if (value == "f" || value.empty()) return failed(sql, kFalse);
  return failed(sql, fmt::format("it gives {}, which is neither true nor false", value));
}

Assertion put(PostgresConnection& connection, const std::string& sql) {
  connection.query("BEGIN READ ONLY");
  connection.query("SET LOCAL search_path TO DEFAULT");  // as whoever wrote it would type it
  Assertion result;
  try {
    result = judge(sql, connection.query(sql));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    result = failed(sql, words_of(error, connection));
  }
  connection.query("ROLLBACK");
  return result;
}

}  // namespace

std::vector<Assertion> put_assertions(sqlite3* database,
                                      const std::vector<std::string>& statements) {
  const ReadingOnly reading(database);
  std::vector<Assertion> results;
  for (const std::string& sql : statements) results.push_back(put(database, sql));
  return results;
}

std::vector<Assertion> put_assertions(PostgresConnection& connection,
                                      const std::vector<std::string>& statements) {
  std::vector<Assertion> results;
  for (const std::string& sql : statements) results.push_back(put(connection, sql));
  return results;
}

std::vector<std::string> faults_of(const std::vector<Assertion>& assertions) {
  std::vector<std::string> faults;
  for (const Assertion& assertion : assertions) {
    if (assertion.passed) continue;
    faults.push_back(assertion.detail == kFalse
                         ? fmt::format("the assertion {} is false", one_line(assertion.sql))
                         : fmt::format("the assertion {} does not hold: {}",
                                       one_line(assertion.sql), assertion.detail));
  }
  return faults;
}

}  // namespace varve
