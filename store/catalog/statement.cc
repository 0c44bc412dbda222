#include "store/catalog/statement.h"

#include <fmt/format.h>

#include <cerrno>

namespace varve {
namespace {

constexpr int kPrimaryCode = 0xff;  // the rest of a result code tells details

Error system_call_error(sqlite3* database, int code, const Path& file) {
  int why = database == nullptr ? 0 : sqlite3_system_errno(database);
  if (code == SQLITE_IOERR_SHMSIZE) why = ENOSPC;  // SQLite does not keep errno here
  const std::string what = fmt::format("cannot use the catalog {}", file.native());
  if (why != 0) return system_error(why, what);
  return Error(ErrorCode::io, fmt::format("{}: {}", what, sqlite3_errstr(code)));
}

}  // namespace

Error damaged_catalog(const Path& file, const std::string& why) {
  return Error(
      ErrorCode::corrupt,
      fmt::format("the catalog {} is damaged: 'varve repair catalog' makes it anew", file.native()),
      why);
}

Error catalog_error(sqlite3* database, int code, const Path& file) {
  const char* const reason = database == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(database);
  switch (code & kPrimaryCode) {
    case SQLITE_FULL:
      return system_error(ENOSPC, fmt::format("cannot write the catalog {}", file.native()));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:  // our statements are constant: the tables are not ours any more
      return damaged_catalog(file, reason);
    case SQLITE_BUSY:
      return Error(ErrorCode::locked,
                   fmt::format("the catalog {} is locked: another process has been writing to it "
                               "for too long; try again when it is done",
                               file.native()));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return system_call_error(database, code, file);
    default:
      return Error(ErrorCode::failed,
                   fmt::format("cannot use the catalog {}: {}", file.native(), reason));
  }
}

Statement::Statement(sqlite3* database, std::string_view sql, const Path& file)
    : database_(database), file_(file) {
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code != SQLITE_OK) throw catalog_error(database_, code, file_);
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Query::~Query() { sqlite3_reset(statement_.statement_); }

bool Query::step() {
  const int code = sqlite3_step(statement_.statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw catalog_error(statement_.database_, code, statement_.file_);
}

void Query::run() {
  while (step()) {
  }
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.statement_, column);
}

std::uint64_t Query::number(int column) const {
  const std::int64_t value = integer(column);
  if (value < 0) throw catalog_error(nullptr, SQLITE_CORRUPT, statement_.file_);
  return static_cast<std::uint64_t>(value);
}

ByteView Query::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.statement_, column);
  const int size = sqlite3_column_bytes(statement_.statement_, column);
  return {static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size)};
}

std::string_view Query::text(int column) const { return as_text(blob(column)); }

void Query::bind(int index, std::int64_t value) {
  expect(sqlite3_bind_int64(statement_.statement_, index, value));
}

void Query::bind(int index, ByteView value) {
  // A null pointer would bind NULL; an empty blob is something else.
  const void* const bytes = value.empty() ? "" : static_cast<const void*>(value.data());
  expect(sqlite3_bind_blob64(statement_.statement_, index, bytes, value.size(), nullptr));
}

void Query::bind(int index, std::string_view value) {
  const char* const text = value.empty() ? "" : value.data();
  expect(
      sqlite3_bind_text64(statement_.statement_, index, text, value.size(), nullptr, SQLITE_UTF8));
}

void Query::expect(int code) const {
  if (code != SQLITE_OK) throw catalog_error(statement_.database_, code, statement_.file_);
}

}  // namespace varve
