#include "tools/sources/read_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

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

// Between two tries for a lock: short at first, for most are held for a moment only.
std::chrono::milliseconds pause_after(int tries) {
  return std::chrono::milliseconds(std::min(1 + 3 * tries, 100));
}

}  // namespace

ReadTransaction::ReadTransaction(const Path& database, Mode mode, Patience patience)
    : path_(database),
      patience_(std::move(patience)),
      log_was_there_(std::filesystem::exists(log_path(database))),
      connection_(connect(database, mode)),
      begin_(prepare("BEGIN")),
      read_(prepare("PRAGMA schema_version")),
      end_(prepare("ROLLBACK")) {
  sqlite3_busy_handler(connection_.get(), wait_for_lock, this);
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

// Our own, as sqlite3_busy_timeout would go on waiting after a signal.
int ReadTransaction::wait_for_lock(void* self, int tries) noexcept {
  auto& transaction = *static_cast<ReadTransaction*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) transaction.wait_began_ = now;
  if (transaction.patience_.stop.stop_requested()) return 0;
  if (now - transaction.wait_began_ >= transaction.patience_.busy_timeout) return 0;
  std::this_thread::sleep_for(pause_after(tries));
  return 1;
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
  if (patience_.stop.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
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
