#include "tools/sources/wal_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr int kBlockSize = 32768;          // bytes
constexpr std::size_t kCopyWords = 12;     // one copy of the header
constexpr std::size_t kBackfillWord = 24;  // behind both copies
// Each block begins with the page numbers of its frames, followed by a hash table over them.
// The first block has the headers in front, and so much less room.
constexpr std::size_t kFirstPageWord = 34;
constexpr std::size_t kFramesInBlock = 4096;
constexpr std::size_t kFramesInFirstBlock = kFramesInBlock - kFirstPageWord;

WalState copy_state(const volatile std::uint32_t* words) {
  WalState state;
  for (std::size_t i = 0; i < state.words.size(); ++i) state.words[i] = words[i];
  return state;
}

}  // namespace

std::uint32_t WalState::page_size() const {
  // A 16-bit field behind two single bytes: 65536 is written as 1.
  std::array<std::uint16_t, 2> halves{};
  static_assert(sizeof halves == sizeof words[3]);
  std::memcpy(halves.data(), &words[3], sizeof halves);
  return halves[1] == 1 ? 65536 : halves[1];
}

WalIndex::WalIndex(const SqliteFile& database) : database_(database), header_(map(0)) {}

const volatile std::uint32_t* WalIndex::map(int block) const {
  sqlite3_file* file = database_.handle();
  volatile void* memory = nullptr;
  const int code = file->pMethods->xShmMap(file, block, kBlockSize, 0, &memory);
  // A process that may only read the shared memory gets it with SQLITE_READONLY.
  if (memory == nullptr || (code != SQLITE_OK && code != SQLITE_READONLY)) {
    throw Error(ErrorCode::io,
                fmt::format("cannot map {}-shm, the index of the write-ahead log: {}; SQLite "
                            "must be able to write to the folder",
                            database_.path().string(), sqlite3_errstr(code)));
  }
  return static_cast<const volatile std::uint32_t*>(memory);
}

std::optional<WalState> WalIndex::state() const {
  sqlite3_file* file = database_.handle();
  file->pMethods->xShmBarrier(file);
  const WalState first = copy_state(header_);
  file->pMethods->xShmBarrier(file);
  const WalState second = copy_state(header_ + kCopyWords);
  file->pMethods->xShmBarrier(file);
  if (first != second) return std::nullopt;
  return first;
}

std::uint32_t WalIndex::backfilled_frames() const { return header_[kBackfillWord]; }

std::vector<std::uint32_t> WalIndex::frame_pages(std::uint32_t frames) const {
  std::vector<std::uint32_t> pages;
  pages.reserve(frames);
  for (int block = 0; pages.size() < frames; ++block) {
    const volatile std::uint32_t* words = map(block) + (block == 0 ? kFirstPageWord : 0);
    const std::size_t room = block == 0 ? kFramesInFirstBlock : kFramesInBlock;
    const std::size_t count = std::min<std::size_t>(room, frames - pages.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t page = words[i];
      pages.push_back(page);
    }
  }
  return pages;
}

}  // namespace varve
