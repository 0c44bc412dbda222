#include "tools/restore/replaced_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/restore/file_users.h"
#include "tools/sources/sqlite_companions.h"
#include "tools/sources/sqlite_error.h"
#include "tools/sources/sqlite_handle.h"

namespace varve {
namespace {

constexpr int kPrimaryCode = 0xff;

// A folder or a device that is called like a companion is somebody else's.
bool is_file_or_link(const Path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && (S_ISREG(found.st_mode) || S_ISLNK(found.st_mode));
}

bool has_content(const Path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && found.st_size > 0;
}

// A log with frames, or a journal that SQLite would roll back: the database is not one file.
bool is_in_parts(const Path& database) {
  const bool has_log = is_file_or_link(log_path(database)) && has_content(log_path(database));
  return has_log || (is_file_or_link(journal_path(database)) && has_live_journal(database));
}

Error came_back(const Path& database) {
  return Error(ErrorCode::locked,
               fmt::format("{} was used while it was to be replaced: nothing was replaced; stop "
                           "what uses it, and restore again",
                           database.native()));
}

Error not_at_rest(const Path& database, const SqliteResult& result) {
  const bool is_busy = (result.code & kPrimaryCode) == SQLITE_BUSY;
  return Error(
      is_busy ? ErrorCode::locked : ErrorCode::failed,
      fmt::format("cannot bring the present {} to rest, nothing was replaced: SQLite says: "
                  "{}",
                  database.native(), one_line(result.words)));
}

SqliteResult result_of(int code, sqlite3* connection) {
  return {code == SQLITE_OK ? code : sqlite3_extended_errcode(connection),
          sqlite3_errmsg(connection)};
}

// Opening it to read rolls a hot journal back; neither statement looks at the schema, which may be
// damaged.
SqliteResult settle(sqlite3* connection) {
  int code = sqlite3_exec(connection, "PRAGMA synchronous=EXTRA; PRAGMA schema_version", nullptr,
                          nullptr, nullptr);
  if (code == SQLITE_OK) {
    code = sqlite3_wal_checkpoint_v2(connection, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                     nullptr);
  }
  return result_of(code, connection);
}

SqliteResult open_and_settle(const Path& database) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(database.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const OwnedSqliteConnection connection(opened);
  if (opened == nullptr) return {SQLITE_NOMEM, sqlite3_errstr(SQLITE_NOMEM)};
  if (code != SQLITE_OK) return result_of(code, opened);
  sqlite3_extended_result_codes(opened, 1);
  return settle(opened);
}

}  // namespace

DatabaseStamps stamps_of_database(const Path& database) {
  DatabaseStamps stamps = {stamp_of(database)};
  for (const Path& companion : companions_of(database)) stamps.push_back(stamp_of(companion));
  return stamps;
}

bool is_replaced(const Path& target, const std::optional<struct stat>& before) noexcept {
  struct stat now {};
  if (::lstat(target.c_str(), &now) != 0) return false;
  return !before || before->st_dev != now.st_dev || before->st_ino != now.st_ino;
}

void require_unused_database(const Path& database) {
  const std::vector<FileUser> users = users_of_database(database);
  if (users.empty()) return;
  throw Error(ErrorCode::locked,
              fmt::format("{} is in use by {}: stop what uses it, and restore again",
                          database.native(), to_text(users)));
}

bool bring_to_rest(const Path& database) {
  if (!is_in_parts(database)) return true;
  const SqliteResult result = open_and_settle(database);
  if (means_damage(result)) return false;
  if (result.code != SQLITE_OK) throw not_at_rest(database, result);
  return true;
}

void ReplacedDatabase::hold(const Path& database) {
  held_ = File::open_to_change(database);
  if (!held_) return;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kSqliteLocks;
  lock.l_len = kSqliteLockBytes;
  if (::fcntl(held_->fd(), F_OFD_SETLK, &lock) != 0) throw came_back(database);
  std::vector<Path> files = companions_of(database);  // no look at locks: the one there is ours
  files.push_back(database);
  if (!users_of(files).empty()) throw came_back(database);
}

ReplacedDatabase::ReplacedDatabase(const Path& database,
                                   const std::optional<DatabaseStamps>& expected) {
  require_unused_database(database);
  if (expected && stamps_of_database(database) != *expected) {
    throw Error(ErrorCode::failed,
                fmt::format("{} has changed since its safety snapshot was taken: nothing was "
                            "replaced; stop what uses it, and restore again",
                            database.native()));
  }
  const bool is_database = has_content(database);
  const bool at_rest = !is_database || bring_to_rest(database);
  hold(database);
  if (is_database && at_rest && is_in_parts(database)) throw came_back(database);
  bool removed = false;
  for (const Path& companion : companions_of(database)) {
    removed = (is_file_or_link(companion) && remove_file(companion)) || removed;
  }
  if (removed) sync_directory(database.has_parent_path() ? database.parent_path() : Path("."));
}

}  // namespace varve
