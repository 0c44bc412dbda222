#include "tools/compare/compared_database.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/core/one_line.h"

namespace varve {
namespace {

// In one transaction: it does not change, and SQLite would look each time whether it did.
constexpr const char* kStoredSettings = "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; BEGIN";
constexpr int kPrimaryCode = 0xff;

OwnedSqliteConnection open_live(const Path& path) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  OwnedSqliteConnection connection(opened);
  if (code == SQLITE_OK) return connection;
  throw Error(ErrorCode::failed,
              fmt::format("cannot open {}: {}", path.native(),
                          opened == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(opened)));
}

}  // namespace

ComparedDatabase::ComparedDatabase(FileReader& file, std::string name, std::stop_token stop)
    : name_(std::move(name)),
      stop_(std::move(stop)),
      stored_(std::make_unique<SnapshotDatabase>(file)),
      handle_(stored_->handle()) {
  stored_->watch([this](std::size_t) { return !stop_.stop_requested(); });
  run(kStoredSettings);
}

ComparedDatabase::ComparedDatabase(const Path& path, Patience patience)
    : name_(path.native()),
      stop_(std::move(patience.stop)),
      live_(open_live(path)),
      handle_(live_.get()) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, static_cast<int>(patience.busy_timeout.count()));
  constexpr int kInstructions = 100'000;  // a few milliseconds
  sqlite3_progress_handler(
      handle_, kInstructions,
      [](void* self) {
        return static_cast<ComparedDatabase*>(self)->stop_.stop_requested() ? 1 : 0;
      },
      this);
}

ComparedDatabase::~ComparedDatabase() = default;

void ComparedDatabase::serve(SnapshotDatabase::Shortcut shortcut) {
  stored_->serve(std::move(shortcut));
}

void ComparedDatabase::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw failure(code);
}

Error ComparedDatabase::failure(int code) const {
  if (stop_.stop_requested()) return Error(ErrorCode::interrupted, "interrupted");
  if (stored_ && !stored_->store_error().empty()) {
    return Error(ErrorCode::corrupt, fmt::format("{}: {}", name_, stored_->store_error()));
  }
  const std::string words = one_line(sqlite3_errmsg(handle_));
  switch (code & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(ErrorCode::locked,
                   fmt::format("{} is locked by another process: try again, or wait longer with "
                               "--busy-timeout",
                               name_));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(ErrorCode::corrupt, fmt::format("{}: {}", name_, words));
    case SQLITE_FULL:
      return Error(ErrorCode::no_space, fmt::format("{}: {}", name_, words));
    default:
      return Error(ErrorCode::failed, fmt::format("{}: {}", name_, words));
  }
}

}  // namespace varve
