#include "store/donor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "store/catalog/sqlite_catalog.h"
#include "store/config_files.h"
#include "store/core/error.h"
#include "store/core/temporary_parent.h"
#include "store/repository.h"
#include "store/repository_lock.h"

namespace varve {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kCacheBytes = 32u << 20;

bool can_be_written(const Path& file) { return ::access(file.c_str(), W_OK) == 0; }

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

Donor::Donor(const Path& path) : config_(lock_shared(path)), path_(stdfs::canonical(path)) {
  const RepositoryConfig config = read_config(path_);  // one that this varve can read
  Path catalog = path_ / "catalog.db";
  try {
    if (stdfs::exists(catalog) && !can_be_written(catalog)) {
      scratch_ = make_scratch();
      copy_catalog(catalog, scratch_ / "catalog.db");
      catalog = scratch_ / "catalog.db";
    }
    blobs_ = open_blobs(path_, config);
    catalog_ = std::make_unique<SqliteCatalog>(catalog);
  } catch (...) {
    std::error_code ignored;  // the first error is the one to tell
    if (!scratch_.empty()) stdfs::remove_all(scratch_, ignored);
    throw;
  }
  packs_ = std::make_unique<PackReader>(*blobs_);
  chunks_ = std::make_unique<ChunkReader>(*catalog_, *packs_, kCacheBytes);
}

Donor::~Donor() {
  chunks_.reset();
  catalog_.reset();
  std::error_code ignored;
  if (!scratch_.empty()) stdfs::remove_all(scratch_, ignored);
}

ChunkBytes Donor::chunk(const ChunkRef& ref) {
  try {
    return chunks_->read(ref, ChunkReader::Check::id);
  } catch (const Error& error) {
    // It says "missing" too; and what a failing disk keeps to itself is as good as missing.
    if (!is_damage(error)) throw;
    return nullptr;
  }
}

std::optional<Donor::Base> Donor::base(ChunkKey key) {
  try {
    const ObjectHeader header = ChainLoader(*catalog_, *packs_).load_base(key).parsed.header;
    if (header.crowded) return std::nullopt;
    ChunkBytes plain = chunk(ref_of(header.id));
    if (!plain) return std::nullopt;
    return Base{header.id, header.kind, std::move(plain)};
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return std::nullopt;
  }
}

}  // namespace varve
