#include "store/catalog/catalog_place.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "store/core/error.h"
#include "store/core/temporary_parent.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

bool has_journal(const Path& catalog) {
  std::error_code absent;
  const std::uintmax_t size = stdfs::file_size(Path(catalog) += "-wal", absent);
  return !absent && size > 0;
}

Path make_scratch() {
  std::string name = (temporary_parent() / "varve-XXXXXX").native();
  if (::mkdtemp(name.data()) == nullptr) {
    throw system_error(errno, fmt::format("cannot create {}", name));
  }
  return name;
}

// With the journal that may lie beside it.
void copy_catalog(const Path& from, const Path& to) {
  for (const char* suffix : {"", "-wal"}) {
    const Path file = Path(from) += suffix;
    std::error_code error;
    if (!stdfs::exists(file, error)) continue;
    const Path copy = Path(to) += suffix;
    if (!stdfs::copy_file(file, copy, error)) {
      throw system_error(error.value(),
                         fmt::format("cannot copy {} to {}", file.native(), copy.native()));
    }
    stdfs::permissions(copy, stdfs::perms::owner_read | stdfs::perms::owner_write, error);
  }
}

}  // namespace

CatalogPlace::CatalogPlace(const Path& catalog) : original_(catalog), file_(catalog) {
  if (::access(catalog.c_str(), W_OK) == 0 || errno == ENOENT) return;
  why_not_ = errno;
  // Whoever may not write it cannot know that nobody does.
  unchanging_ = why_not_ == EROFS && !has_journal(catalog);
  if (unchanging_) return;
  scratch_ = make_scratch();
  file_ = scratch_ / "catalog.db";
  try {
    copy_catalog(original_, file_);
  } catch (...) {
    std::error_code ignored;  // the first error is the one to tell
    stdfs::remove_all(scratch_, ignored);
    throw;
  }
}

CatalogPlace::~CatalogPlace() {
  std::error_code ignored;
  if (!scratch_.empty()) stdfs::remove_all(scratch_, ignored);
}

void CatalogPlace::expect_writable() const {
  if (why_not_ == 0) return;
  throw system_error(why_not_, fmt::format("cannot write the catalog {}", original_.native()));
}

}  // namespace varve
