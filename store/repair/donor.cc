#include "store/repair/donor.h"

#include <utility>

#include "store/catalog/sqlite_catalog.h"
#include "store/core/error.h"
#include "store/repository/config_files.h"
#include "store/repository/repository.h"
#include "store/repository/repository_lock.h"

namespace varve {
namespace {

constexpr std::size_t kCacheBytes = 32u << 20;

}  // namespace

Donor::Donor(const Path& path)
    : config_(lock_shared(path)), path_(std::filesystem::canonical(path)) {
  const RepositoryConfig config = read_config(path_);  // one that this varve can read
  blobs_ = open_blobs(path_, config);
  catalog_ = std::make_unique<SqliteCatalog>(path_ / "catalog.db");
  packs_ = std::make_unique<PackReader>(*blobs_);
  chunks_ = std::make_unique<ChunkReader>(*catalog_, *packs_, kCacheBytes);
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
