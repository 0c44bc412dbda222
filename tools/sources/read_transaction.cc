#include "tools/sources/read_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

OwnedSqliteConnection connect(const Path& database, ReadTransaction::Mode mode) {
  const int access =
      mode == ReadTransaction::Mode::wal ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      database.c_str(), &connection,
      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
  OwnedSqliteConnection owned(connection);
  if (code != SQLITE_OK) throw read_error(database, {code, sqlite3_errstr(code)}, {});
  return owned;
}

int in_milliseconds(std::chrono::milliseconds duration) {
  constexpr auto kLongest = static_cast<std::int64_t>(std::numeric_limits<int>::max());
  return static_cast<int>(std::clamp<std::int64_t>(duration.count(), 0, kLongest));
}

}  // namespace

ReadTransaction::ReadTransaction(const Path& database, Mode mode,
                                 std::chrono::milliseconds busy_timeout)
    : path_(database),
      log_was_there_(std::filesystem::exists(log_path(database))),
      connection_(connect(database, mode)),
      begin_(prepare("BEGIN")),
      read_(prepare("PRAGMA schema_version")),
      end_(prepare("ROLLBACK")) {
  sqlite3_busy_timeout(connection_.get(), in_milliseconds(busy_timeout));
  // Until the destructor knows better: a connection that dies half-way must not write.
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

ReadTransaction::~ReadTransaction() {
  end();
  // The last connection to leave a WAL database copies the log into it and removes the log. A
  // log that was there before us is not ours to touch; one that is there because of us, and
  // that nobody has written to, goes.
  if (log_was_there_) return;
  std::error_code ignored;
  const std::uintmax_t log_size = std::filesystem::file_size(log_path(path_), ignored);
  if (ignored || log_size > 0) return;
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

OwnedSqliteStatement ReadTransaction::prepare(const char* sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) throw read_error(path_, {code, sqlite3_errmsg(connection_.get())}, {});
  return OwnedSqliteStatement(statement);
}

SqliteResult ReadTransaction::begin() {
  sqlite3_step(begin_.get());  // takes no lock, so it cannot fail
  sqlite3_reset(begin_.get());
  sqlite3_step(read_.get());
  const int code = sqlite3_reset(read_.get());
  if (code == SQLITE_OK && sqlite3_txn_state(connection_.get(), "main") == SQLITE_TXN_READ) {
    return {};
  }
  SqliteResult result{code == SQLITE_OK ? SQLITE_INTERNAL : code,
                      sqlite3_errmsg(connection_.get())};
  end();
  return result;
}

void ReadTransaction::end() noexcept {
  if (sqlite3_get_autocommit(connection_.get()) != 0) return;
  sqlite3_step(end_.get());
  sqlite3_reset(end_.get());
}

SqliteFile ReadTransaction::file(int control, const Path& path) const {
  sqlite3_file* handle = nullptr;
  const int code = sqlite3_file_control(connection_.get(), "main", control, &handle);
  if (code != SQLITE_OK || handle == nullptr || handle->pMethods == nullptr) {
    throw read_error(path_, {code, "no handle for " + path.string()}, {});
  }
  return SqliteFile(handle, path);
}

SqliteFile ReadTransaction::database() const { return file(SQLITE_FCNTL_FILE_POINTER, path_); }

SqliteFile ReadTransaction::log() const {
  return file(SQLITE_FCNTL_JOURNAL_POINTER, log_path(path_));
}

}  // namespace varve
