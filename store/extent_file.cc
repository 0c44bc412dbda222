#include "store/extent_file.h"

#include <utility>

namespace varve {
namespace {

const ManifestReader* same_cut(const Predecessor& predecessor, const RepositoryConfig& config) {
  const ManifestReader* manifest = predecessor.manifest.get();
  if (manifest == nullptr || manifest->file().chunking != Chunking::extents ||
      manifest->file().extent_size != config.extent_size) {
    return nullptr;
  }
  return manifest;
}

}  // namespace

ExtentFile::ExtentFile(ChunkWriter& chunks, Workers& workers, const RepositoryConfig& config,
                       std::shared_ptr<const Predecessor> predecessor,
                       FingerprintTableWriter& fingerprints)
    : chunks_(chunks),
      config_(config),
      predecessor_(std::move(predecessor)),
      manifest_(chunks, same_cut(*predecessor_, config), Chunking::extents, config.node_entries),
      fingerprints_(fingerprints),
      tasks_(workers) {}

std::unique_ptr<ExtentFile::Extent> ExtentFile::new_extent() {
  const std::lock_guard lock(pool_mutex_);
  if (pool_.empty()) {
    auto extent = std::make_unique<Extent>();
    extent->bytes.resize(config_.extent_size);
    return extent;
  }
  std::unique_ptr<Extent> extent = std::move(pool_.back());
  pool_.pop_back();
  return extent;
}

MutableBytes ExtentFile::buffer() {
  if (!current_) {
    current_ = new_extent();
    current_->index = next_index_++;
    current_->filled = 0;
  }
  return MutableBytes(current_->bytes).subspan(current_->filled);
}

void ExtentFile::produced(std::size_t count) {
  current_->filled += count;
  size_ += count;
  if (current_->filled == current_->bytes.size()) submit();
}

void ExtentFile::submit() {
  std::shared_ptr<Extent> extent = std::move(current_);
  tasks_.submit([this, extent](WorkerTools& tools) mutable {
    process(*extent, tools);
    const std::lock_guard lock(pool_mutex_);
    pool_.push_back(std::make_unique<Extent>(std::move(*extent)));
  });
}

std::optional<ChunkRef> ExtentFile::predecessor_ref(const Extent& extent) const {
  const ManifestReader* manifest = same_cut(*predecessor_, config_);
  if (manifest == nullptr) return std::nullopt;
  const std::uint64_t offset = extent.index * config_.extent_size;
  return manifest->node_at(0, offset);
}

void ExtentFile::process(const Extent& extent, WorkerTools& tools) {
  const ByteView bytes = ByteView(extent.bytes).first(extent.filled);
  const Fingerprint print = fingerprint(bytes, config_.fingerprint_seed);
  fingerprints_.add(extent.index, print);
  const std::optional<ChunkRef> old = predecessor_ref(extent);
  const bool unchanged =
      old && predecessor_->fingerprints && predecessor_->fingerprints->at(extent.index) == print;
  const ChunkRef ref = unchanged ? *old : chunks_.put(ObjectKind::data, bytes, old, tools);
  manifest_.add(extent.index, ref, static_cast<std::uint32_t>(bytes.size()), tools);
}

ExtentFile::Result ExtentFile::finish() {
  if (current_ && current_->filled > 0) submit();
  current_.reset();
  tasks_.drain();
  Result result{size_, {}};
  tasks_.submit([&](WorkerTools& tools) { result.root = manifest_.finish(tools); });
  tasks_.drain();
  return result;
}

}  // namespace varve
