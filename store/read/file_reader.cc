#include "store/read/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <future>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::size_t kStreamBatch = 16;  // chunks: a thread's start costs as much as half of one

}  // namespace

struct FileReader::State {
  State(ChunkReader& reader, FileEntry file, ChunkReader::Check how)
      : chunks(reader), manifest(reader, std::move(file), how), check(how) {}

  ChunkReader& chunks;
  const ManifestReader manifest;
  const ChunkReader::Check check;
};

FileReader::FileReader(ChunkReader& chunks, FileEntry file, ChunkReader::Check check)
    : state_(std::make_unique<State>(chunks, std::move(file), check)) {}
FileReader::~FileReader() = default;

const FileEntry& FileReader::file() const noexcept { return state_->manifest.file(); }

FileReader::Piece FileReader::piece_at(std::uint64_t offset) {
  return state_->manifest.piece_at(offset);
}

ChunkBytes FileReader::load(const Piece& piece) {
  ChunkBytes bytes = state_->chunks.read(piece.ref, state_->check);
  if (bytes->size() != piece.length) {
    throw corrupt_error(
        file().path, fmt::format("the chunk at offset {} has another length than its manifest says",
                                 piece.offset));
  }
  return bytes;
}

std::size_t FileReader::read(std::uint64_t offset, MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size() && offset + done < size()) {
    const std::uint64_t at = offset + done;
    const Piece piece = piece_at(at);
    const ChunkBytes bytes = load(piece);
    const std::uint64_t skip = at - piece.offset;
    const std::size_t count = std::min<std::size_t>(out.size() - done, piece.length - skip);
    std::memcpy(out.data() + done, bytes->data() + skip, count);
    done += count;
  }
  return done;
}

void FileReader::stream(const std::function<void(ByteView)>& take, unsigned threads) {
  using Batch = std::vector<ChunkBytes>;
  const auto policy = threads <= 1 ? std::launch::deferred : std::launch::async;
  std::deque<std::future<Batch>> ahead;
  std::uint64_t next = 0;
  const auto launch = [&] {
    std::vector<Piece> pieces;
    while (next < size() && pieces.size() < kStreamBatch) {
      pieces.push_back(piece_at(next));
      next += pieces.back().length;
    }
    ahead.push_back(std::async(policy, [this, batch = std::move(pieces)] {
      Batch loaded;
      for (const Piece& piece : batch) loaded.push_back(load(piece));
      return loaded;
    }));
  };
  while (next < size() || !ahead.empty()) {
    while (next < size() && ahead.size() < std::max(threads, 1U)) launch();
    const Batch batch = ahead.front().get();
    ahead.pop_front();
    for (const ChunkBytes& bytes : batch) take(*bytes);
  }
}

}  // namespace varve
