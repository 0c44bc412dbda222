#include "store/file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <future>

#include "store/core/error.h"

namespace varve {

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
    throw corrupt_error(fmt::format("{}: the chunk at offset {} has another length than its "
                                    "manifest says",
                                    file().path, piece.offset));
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
  // A window of futures: as many chunks ahead as keep `threads` threads busy.
  const std::size_t window = threads <= 1 ? 0 : std::size_t{threads} * 2;
  std::deque<std::future<ChunkBytes>> ahead;
  std::uint64_t next = 0;
  const auto launch = [&] {
    const Piece piece = piece_at(next);
    next = piece.offset + piece.length;
    const auto policy = threads <= 1 ? std::launch::deferred : std::launch::async;
    ahead.push_back(std::async(policy, [this, piece] { return load(piece); }));
  };
  while (next < size() || !ahead.empty()) {
    while (next < size() && ahead.size() <= window) launch();
    const ChunkBytes bytes = ahead.front().get();
    ahead.pop_front();
    take(*bytes);
  }
}

}  // namespace varve
