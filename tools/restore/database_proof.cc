#include "tools/restore/database_proof.h"

#include <fmt/format.h>

#include <string_view>

#include "store/core/error.h"
#include "tools/sources/one_line.h"
#include "tools/sources/sqlite_handle.h"
#include "tools/sources/sqlite_trust.h"

namespace varve {
namespace {

constexpr int kInstructions = 100'000;  // between two looks at the stop: a few milliseconds
constexpr int kPatience = 5'000;        // milliseconds for a program that has just come back

// A path in SQLite's form of a URI, where ? # and % mean something.
std::string uri_of(const Path& path) {
  const Path whole = std::filesystem::absolute(path);
  std::string uri = "file:";
  for (const char letter : whole.native()) {
    if (std::string_view("?#%").find(letter) == std::string_view::npos) {
      uri += letter;
    } else {
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(letter));
    }
  }
  return uri + "?immutable=1";
}

OwnedSqliteConnection connect(const std::string& name, int flags, const Path& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags, nullptr);
  OwnedSqliteConnection connection(opened);
  if (code == SQLITE_OK) return connection;
  throw Error(ErrorCode::failed, fmt::format("SQLite cannot open {}: {}", path.native(),
                                             one_line(sqlite3_errstr(code))));
}

int keep_computing(void* stop) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

}  // namespace

SqliteFindings check_database_file(const Path& database, VerifyLevel level,
                                   const std::stop_token& stop) {
  const OwnedSqliteConnection connection =
      connect(uri_of(database), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, database);
  distrust(connection.get());
  std::stop_token watched = stop;
  sqlite3_progress_handler(connection.get(), kInstructions, keep_computing, &watched);
  const CheckedDatabase subject{.handle = connection.get()};
  SqliteFindings findings =
      level == VerifyLevel::full ? check_fully(subject) : check_quickly(subject);
  if (stop.stop_requested()) {
    throw Error(ErrorCode::interrupted, "interrupted: nothing was restored");
  }
  return findings;
}

void open_once(const Path& database) {
  const OwnedSqliteConnection connection =
      connect(database.native(), SQLITE_OPEN_READWRITE, database);
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
