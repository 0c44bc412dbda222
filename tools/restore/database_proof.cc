#include "tools/restore/database_proof.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "tools/sources/snapshot_vfs.h"
#include "tools/sources/sqlite_handle.h"
#include "tools/sources/sqlite_trust.h"

namespace varve {
namespace {

constexpr int kPatience = 5'000;  // milliseconds for a program that has just come back

OwnedSqliteConnection connect(const Path& database) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(database.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  OwnedSqliteConnection connection(opened);
  if (code == SQLITE_OK) return connection;
  throw Error(ErrorCode::failed, fmt::format("SQLite cannot open {}: {}", database.native(),
                                             one_line(sqlite3_errstr(code))));
}

}  // namespace

SqliteFindings check_database_file(const Path& database, VerifyLevel level,
                                   const std::stop_token& stop) {
  const File file = File::open_read(database);
  SnapshotDatabase opened(file);
  opened.watch([&](std::size_t) { return !stop.stop_requested(); });
  const CheckedDatabase subject{.handle = opened.handle(), .store_error = &opened.store_error()};
  SqliteFindings findings =
      level == VerifyLevel::full ? check_fully(subject) : check_quickly(subject);
  if (stop.stop_requested()) {
    throw Error(ErrorCode::interrupted, "interrupted: nothing was restored");
  }
  return findings;
}

void open_once(const Path& database) {
  const OwnedSqliteConnection connection = connect(database);
  distrust(connection.get());
  sqlite3_busy_timeout(connection.get(), kPatience);
  const int code = sqlite3_exec(connection.get(), "SELECT count(*) FROM sqlite_schema", nullptr,
                                nullptr, nullptr);
  if (code == SQLITE_OK) return;
  throw Error(ErrorCode::failed,
              fmt::format("{} is restored, and SQLite does not open it: {}", database.native(),
                          one_line(sqlite3_errmsg(connection.get()))));
}

}  // namespace varve
