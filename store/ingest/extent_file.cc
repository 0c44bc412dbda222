#include "store/ingest/extent_file.h"

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
                       BufferPool& buffers, std::shared_ptr<const Predecessor> predecessor,
                       FingerprintTableWriter& fingerprints)
    : chunks_(chunks),
      config_(config),
      buffers_(buffers),
      predecessor_(std::move(predecessor)),
      manifest_(chunks, same_cut(*predecessor_, config), Chunking::extents, config),
      fingerprints_(fingerprints),
      tasks_(workers) {}

MutableBytes ExtentFile::buffer() {
  if (!current_) current_ = Extent{next_index_++, buffers_.take(), 0};
  return MutableBytes(current_->bytes).subspan(current_->filled);
}

void ExtentFile::produced(std::size_t count) {
  current_->filled += count;
  size_ += count;
  if (current_->filled == current_->bytes.size()) submit();
}

void ExtentFile::submit() {
  // Shared, as a task has to be copyable.
  auto extent = std::make_shared<Extent>(std::move(*current_));
  current_.reset();
  tasks_.submit([this, extent](WorkerTools& tools) {
    process(*extent, tools);
    buffers_.give_back(std::move(extent->bytes));
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
  const ChunkRef ref =
      unchanged
          ? *old
          : chunks_.put({.plain = bytes, .predecessor = old, .max_depth = config_.max_extent_depth},
                        tools);
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
