#include "tools/sources/sqlite_file.h"

#include <fmt/format.h>

#include <cstring>
#include <new>

#include "store/core/error.h"

namespace varve {
namespace {

void require_ok(int code, std::string_view what, const Path& path) {
  if (code == SQLITE_OK) return;
  throw Error(ErrorCode::io,
              fmt::format("cannot {} {}: {}", what, path.string(), sqlite3_errstr(code)));
}

using FileMemory = std::unique_ptr<void, decltype(&sqlite3_free)>;

// The caller closes and frees it.
sqlite3_file* open_through_sqlite(const char* name, const Path& path) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  // The size that a file object needs is known at run time only.
  const auto size = static_cast<std::size_t>(vfs->szOsFile);
  FileMemory memory(sqlite3_malloc64(size), sqlite3_free);
  if (memory == nullptr || name == nullptr) throw std::bad_alloc();
  std::memset(memory.get(), 0, size);
  auto* const file = static_cast<sqlite3_file*>(memory.get());
  require_ok(vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, nullptr),
             "open", path);
  return static_cast<sqlite3_file*>(memory.release());
}

}  // namespace

std::uint64_t SqliteFile::size() const {
  sqlite3_int64 size = 0;
  require_ok(file_->pMethods->xFileSize(file_, &size), "find the size of", path_);
  return static_cast<std::uint64_t>(size);
}

void SqliteFile::read(std::uint64_t offset, MutableBytes out) const {
  if (out.empty()) return;
  const int code = file_->pMethods->xRead(file_, out.data(), static_cast<int>(out.size()),
                                          static_cast<sqlite3_int64>(offset));
  if (code == SQLITE_IOERR_SHORT_READ) return;  // the rest has been filled with zeros
  require_ok(code, "read", path_);
}

void OpenedSqliteFile::FreeName::operator()(const char* name) const noexcept {
  sqlite3_free_filename(name);
}

void OpenedSqliteFile::Close::operator()(sqlite3_file* file) const noexcept {
  file->pMethods->xClose(file);
  sqlite3_free(file);
}

OpenedSqliteFile::OpenedSqliteFile(const Path& path)
    : name_(sqlite3_create_filename(path.c_str(), "", "", 0, nullptr)),
      handle_(open_through_sqlite(name_.get(), path)),
      view_(handle_.get(), path) {}

}  // namespace varve
