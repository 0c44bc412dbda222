// A repository of one pack, in memory: what a reader meets of one that an enemy wrote.
#pragma once

#include <unordered_map>

#include "store/blob/pack_reader.h"
#include "store/catalog/catalog.h"
#include "store/read/chunk_reader.h"
#include "tests/fuzz/mended.h"

namespace varve::fuzz {

// One blob, by any pack's name; nothing can be written.
class MemoryBlobs : public BlobBackend {
 public:
  explicit MemoryBlobs(Bytes bytes) : bytes_(std::move(bytes)) {}

  std::unique_ptr<Blob> open(const std::string& name) override;
  std::unique_ptr<BlobWriter> create(const std::string& name) override;
  bool remove(const std::string& name) override;
  bool rename(const std::string& from, const std::string& to) override;
  std::vector<BlobInfo> list(const std::string& prefix) override;
  std::uint64_t remove_leftovers() override { return 0; }

 private:
  const Bytes bytes_;
};

// Knows where chunks lie, and nothing else.
class MemoryCatalog : public Catalog {
 public:
  // Of two objects with one key the later one has it.
  void add(const std::vector<PackEntry>& entries);

  std::optional<Location> find(ChunkKey key) override;
  void find_many(std::span<const ChunkKey> keys, std::span<std::optional<Location>> found) override;
  std::optional<Location> find_crowded(const ChunkRef&) override { return {}; }
  std::uint64_t chunk_count() override { return places_.size(); }
  std::vector<PackRow> packs() override { return {}; }
  void add_packs(const std::vector<NewPack>&) override {}
  std::vector<SnapshotRow> snapshots() override { return {}; }
  void visit_snapshots(const std::function<bool(const SnapshotRow&)>&) override {}
  std::optional<SnapshotRow> snapshot(const SnapshotId&) override { return {}; }
  SnapshotRow commit_snapshot(const SnapshotId&, Timestamp, const std::vector<NewPack>&,
                              const std::function<Bytes(const std::string& name)>&) override {
    return {};
  }
  void add_attestation(const SnapshotId&, ByteView, const std::function<void()>&) override {}
  std::size_t forget(const std::vector<SnapshotId>&) override { return 0; }
  std::uint64_t generation() override { return 0; }
  std::uint64_t epoch() override { return 0; }
  std::uint64_t condemn(const std::vector<PackId>&) override { return 0; }
  void acquit(const std::vector<PackId>&) override {}
  void drop_packs(const std::vector<PackId>&) override {}
  void purge_dropped(const PackId&, std::span<const ChunkRef>) override {}
  void correct(std::span<const GoneChunk>, const std::vector<NewPack>&) override {}
  bool add_snapshot(const SnapshotRow&) override { return false; }
  std::uint64_t stored_bytes() override { return 0; }
  std::vector<std::string> check() override { return {}; }
  std::vector<std::string> check_roots() override { return {}; }

 private:
  std::unordered_map<ChunkKey, Location> places_;
};

class MemoryRepository {
 public:
  // `objects`: as they lie in a pack; their checksums are mended.
  explicit MemoryRepository(ByteView objects);

  const std::vector<PackEntry>& entries() const noexcept { return entries_; }
  ChunkReader& chunks() noexcept { return chunks_; }

 private:
  MemoryBlobs blobs_;
  MemoryCatalog catalog_;
  PackReader packs_;
  std::vector<PackEntry> entries_;
  ChunkReader chunks_;
};

}  // namespace varve::fuzz
