#include "tools/sources/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

constexpr int kPrimaryCode = 0xff;  // the rest of a code says more about the same thing

Error hot_journal(const Path& database) {
  return Error(ErrorCode::failed,
               fmt::format("cannot copy {0}: a writer crashed in the middle of a transaction and "
                           "left {1}; open it once to roll that back "
                           "(sqlite3 '{0}' 'PRAGMA schema_version'), then run the ingest again",
                           database.string(), journal_path(database).string()));
}

Error locked(const Path& database, std::chrono::milliseconds busy_timeout) {
  return Error(ErrorCode::locked,
               fmt::format("cannot copy {}: it is locked by another process for longer than {}; "
                           "run the ingest when that is done, or raise --busy-timeout",
                           database.string(), to_text(busy_timeout)));
}

Error not_writable(const Path& database, const std::string& words) {
  return Error(ErrorCode::failed,
               fmt::format("cannot copy {}: SQLite cannot open it ({}); a database in WAL mode "
                           "needs -wal and -shm files beside it: let varve write to {}, or "
                           "ingest a copy made together with its -wal file",
                           database.string(), words, database.parent_path().string()));
}

}  // namespace

bool means_damage(const SqliteResult& result) {
  switch (result.code & kPrimaryCode) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return true;
    default:
      return result.code == SQLITE_IOERR_SHORT_READ;
  }
}

Error read_error(const Path& database, const SqliteResult& result,
                 std::chrono::milliseconds busy_timeout) {
  if (result.code == SQLITE_READONLY_ROLLBACK) return hot_journal(database);
  switch (result.code & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return locked(database, busy_timeout);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return not_writable(database, result.words);
    default:
      return Error(ErrorCode::io, fmt::format("cannot copy {}: SQLite says: {} (code {})",
                                              database.string(), result.words, result.code));
  }
}

std::string to_text(std::chrono::milliseconds duration) {
  return fmt::format("{:g} s", std::chrono::duration<double>(duration).count());
}

}  // namespace varve
