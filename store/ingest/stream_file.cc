#include "store/ingest/stream_file.h"

#include <algorithm>
#include <cstring>

#include "store/transform/digest.h"

namespace varve {
namespace {

// A part of a chunk that replaces another old chunk than the rest is one of its own from this
// size on; below, what a header and a manifest's entry cost would outweigh the better base.
constexpr std::size_t kSmallestPart = 8u << 10;

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
      predecessor_(predecessor),
      chunker_(config.stream_chunk_average),
      manifest_(chunks, predecessor, Chunking::content, config),
      window_(window_for(chunker_, size_hint)),
      bases_(predecessor, std::min(kSmallestPart, chunker_.smallest())),
      tasks_(workers) {}

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
    tasks_.submit([this, bytes, index = next_index_, offset = cut_](WorkerTools& tools) {
      process(index, offset, *bytes, tools);
    });
    ++next_index_;
    cut_ += length;
    start += length;
  }
  std::memmove(window_.data(), window_.data() + start, filled_ - start);
  filled_ -= start;
}

std::vector<StreamBases::Part> StreamFile::parts_of(std::uint64_t offset, ByteView bytes) {
  if (bases_.is_lost()) {
    bases_.survey([this](const ChunkRef& ref) { return predecessor_->read(ref); });
  }
  std::vector<StreamBases::Part> parts = bases_.parts(offset, bytes);
  // What is there as a whole is not taken apart.
  if (parts.size() > 1 && bases_.has(ref_of(chunk_id(bytes)))) {
    parts = {{.length = bytes.size(), .old = parts.front().old}};
  }
  return parts;
}

ChunkRef StreamFile::store(std::uint64_t offset, ByteView bytes, std::optional<std::size_t> old,
                           WorkerTools& tools) {
  const std::uint64_t end = offset + bytes.size();
  std::optional<ChunkRef> base;
  if (old) base = bases_.ref(*old);
  const ChunkRef ref =
      chunks_.put({.plain = bytes,
                   .predecessor = base,
                   .max_depth = config_.max_stream_depth,
                   .compare = [&](ByteView plain) { bases_.note_base(end, bytes, *old, plain); }},
                  tools);
  bases_.note_chunk(end, ref, old);
  return ref;
}

void StreamFile::process(std::uint64_t index, std::uint64_t offset, ByteView bytes,
                         WorkerTools& tools) {
  std::vector<ManifestBuilder::Piece> pieces;
  std::size_t at = 0;
  for (const StreamBases::Part& part : parts_of(offset, bytes)) {
    const ByteView piece = bytes.subspan(at, part.length);
    pieces.push_back(
        {store(offset + at, piece, part.old, tools), static_cast<std::uint32_t>(part.length)});
    at += part.length;
  }
  manifest_.add(index, pieces, tools);
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
