#include "tests/bench/workload/sqlite.h"

#include <stdexcept>

namespace varve::bench {
namespace {

void require(bool held, sqlite3* handle, std::string_view doing) {
  if (!held) throw std::runtime_error(std::string(doing) + ": " + sqlite3_errmsg(handle));
}

}  // namespace

Database::Database(const std::string& path, Mode mode) {
  const int flags = SQLITE_OPEN_READWRITE | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  handle_.reset(opened);
  require(code == SQLITE_OK, opened, path);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  require(code == SQLITE_OK, handle(), sql);
}

std::int64_t Database::number(const std::string& sql) { return Statement(*this, sql).number(); }

void Database::close() {
  require(sqlite3_close(handle()) == SQLITE_OK, handle(), "close");
  static_cast<void>(handle_.release());
}

Statement::Statement(Database& database, std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int length = static_cast<int>(sql.size());
  const int code = sqlite3_prepare_v2(database.handle(), sql.data(), length, &prepared, nullptr);
  handle_.reset(prepared);
  require(code == SQLITE_OK, database.handle(), sql);
}

std::int64_t Statement::number() {
  require(sqlite3_step(handle_.get()) == SQLITE_ROW, sqlite3_db_handle(handle_.get()),
          "read a number");
  const std::int64_t value = sqlite3_column_int64(handle_.get(), 0);
  sqlite3_reset(handle_.get());
  return value;
}

void Statement::bind(int index, std::int64_t value) {
  const int code = sqlite3_bind_int64(handle_.get(), index, value);
  require(code == SQLITE_OK, sqlite3_db_handle(handle_.get()), "bind");
}

void Statement::bind(int index, std::string_view value) {
  const int code = sqlite3_bind_text(handle_.get(), index, value.data(),
                                     static_cast<int>(value.size()), SQLITE_STATIC);
  require(code == SQLITE_OK, sqlite3_db_handle(handle_.get()), "bind");
}

void Statement::step() {
  const int code = sqlite3_step(handle_.get());
  require(code == SQLITE_DONE || code == SQLITE_ROW, sqlite3_db_handle(handle_.get()), "step");
  sqlite3_reset(handle_.get());
}

}  // namespace varve::bench
