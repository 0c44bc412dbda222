#include "store/stream_file.h"

#include <algorithm>
#include <cstring>

namespace varve {
namespace {

constexpr std::size_t kKeptMatches = 64;

// Room for two of the largest chunks, less for a file that is smaller: a folder may hold many.
std::size_t window_for(const Chunker& chunker, std::uint64_t size_hint) {
  const std::size_t whole = chunker.largest() * 2;
  return size_hint == 0 || size_hint >= whole ? whole : static_cast<std::size_t>(size_hint) + 1;
}

}  // namespace

StreamFile::StreamFile(ChunkWriter& chunks, Workers& workers, const RepositoryConfig& config,
                       const ManifestReader* predecessor, std::uint64_t size_hint)
    : chunks_(chunks),
      config_(config),
      chunker_(config.stream_chunk_average),
      manifest_(chunks, predecessor, Chunking::content, config.node_entries),
      window_(window_for(chunker_, size_hint)),
      tasks_(workers) {
  if (predecessor != nullptr) load_neighbours(*predecessor);
}

void StreamFile::load_neighbours(const ManifestReader& predecessor) {
  predecessor.visit({.node = [](const ChunkRef&, std::uint8_t) {},
                     .chunk =
                         [&](const ManifestReader::Piece& piece) {
                           position_.try_emplace(piece.ref, old_.size());
                           old_.push_back(piece.ref);
                         }});
}

MutableBytes StreamFile::buffer() { return MutableBytes(window_).subspan(filled_); }

void StreamFile::produced(std::size_t count) {
  filled_ += count;
  size_ += count;
  if (filled_ < window_.size()) return;
  cut(false);
  // More came than was expected.
  if (filled_ == window_.size()) window_.resize(chunker_.largest() * 2);
}

void StreamFile::cut(bool at_end) {
  std::size_t start = 0;
  while (filled_ > start && (at_end || filled_ - start >= chunker_.largest())) {
    const ByteView rest = ByteView(window_).subspan(start, filled_ - start);
    const std::size_t length = chunker_.next(rest);
    auto bytes = std::make_shared<const Bytes>(rest.begin(),
                                               rest.begin() + static_cast<std::ptrdiff_t>(length));
    tasks_.submit(
        [this, bytes, index = next_index_](WorkerTools& tools) { process(index, *bytes, tools); });
    ++next_index_;
    start += length;
  }
  std::memmove(window_.data(), window_.data() + start, filled_ - start);
  filled_ -= start;
}

std::optional<ChunkRef> StreamFile::base_for(std::uint64_t index) {
  if (old_.empty()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  auto after = matches_.upper_bound(index);
  std::uint64_t position = index;
  if (after != matches_.begin()) {
    --after;
    position = after->second + (index - after->first);
  }
  if (position >= old_.size()) return std::nullopt;
  return old_[position];
}

void StreamFile::note_match(std::uint64_t index, const ChunkRef& ref) {
  const auto found = position_.find(ref);
  if (found == position_.end()) return;
  const std::lock_guard lock(mutex_);
  matches_[index] = found->second;
  if (matches_.size() > kKeptMatches) matches_.erase(matches_.begin());
}

void StreamFile::process(std::uint64_t index, ByteView bytes, WorkerTools& tools) {
  const ChunkRef ref = chunks_.put(ObjectKind::data, bytes, base_for(index), tools);
  note_match(index, ref);
  manifest_.add(index, ref, static_cast<std::uint32_t>(bytes.size()), tools);
}

StreamFile::Result StreamFile::finish() {
  cut(true);
  tasks_.drain();
  Result result{size_, {}};
  tasks_.submit([&](WorkerTools& tools) { result.root = manifest_.finish(tools); });
  tasks_.drain();
  return result;
}

}  // namespace varve
