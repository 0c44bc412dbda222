#include "tests/fuzz/memory_repository.h"

#include <algorithm>
#include <cstring>

#include "store/core/error.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kCache = 1u << 20;  // bytes

class MemoryBlob : public Blob {
 public:
  explicit MemoryBlob(ByteView bytes) : bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      throw corrupt_error("a pack", "it ends too early");
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }

 private:
  ByteView bytes_;
};

[[noreturn]] void read_only() { throw Error(ErrorCode::failed, "a target writes nothing"); }

Bytes mended_objects(ByteView objects) {
  Bytes bytes(objects.begin(), objects.end());
  mend_objects(bytes);
  return bytes;
}

}  // namespace

std::unique_ptr<Blob> MemoryBlobs::open(const std::string&) {
  return std::make_unique<MemoryBlob>(bytes_);
}
std::unique_ptr<BlobWriter> MemoryBlobs::create(const std::string&) { read_only(); }
bool MemoryBlobs::remove(const std::string&) { read_only(); }
bool MemoryBlobs::rename(const std::string&, const std::string&) { read_only(); }
std::vector<BlobInfo> MemoryBlobs::list(const std::string&) { return {}; }

void MemoryCatalog::add(const std::vector<PackEntry>& entries) {
  for (const PackEntry& entry : entries) {
    places_[key_of(entry.parsed.header.id)] = {kPack, entry.offset, entry.length};
  }
}

std::optional<Location> MemoryCatalog::find(ChunkKey key) {
  const auto found = places_.find(key);
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryCatalog::find_many(std::span<const ChunkKey> keys,
                              std::span<std::optional<Location>> found) {
  std::ranges::transform(keys, found.begin(), [&](ChunkKey key) { return find(key); });
}

MemoryRepository::MemoryRepository(ByteView objects)
    : blobs_(mended_objects(objects)),
      packs_(blobs_),
      entries_(packs_.scan(kPack)),
      chunks_(catalog_, packs_, kCache) {
  catalog_.add(entries_);
}

}  // namespace varve::fuzz
