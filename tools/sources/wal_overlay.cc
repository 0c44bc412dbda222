#include "tools/sources/wal_overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::uint64_t kLogHeaderSize = 32;    // bytes
constexpr std::uint64_t kFrameHeaderSize = 24;  // page number, database size, salts, checksums
constexpr std::size_t kFrameSalts = 8;
// SQLite locks bytes of this page and never stores anything in it.
constexpr std::uint64_t kLockByte = 0x4000'0000;

std::uint32_t big_endian(ByteView bytes) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.first(4)) value = value << 8 | static_cast<std::uint32_t>(byte);
  return value;
}

}  // namespace

WalOverlay::WalOverlay(SqliteFile log, const WalState& state,
                       const std::vector<std::uint32_t>& frame_pages)
    : log_(std::move(log)),
      state_(state),
      page_size_(state.page_size()),
      frame_(kFrameHeaderSize + page_size_) {
  const std::uint64_t lock_page = kLockByte / page_size_ + 1;
  pages_.reserve(frame_pages.size());
  std::uint32_t frame = 0;
  for (const std::uint32_t number : frame_pages) {
    ++frame;
    // Pages beyond the end were cut off by a later transaction (VACUUM, auto_vacuum).
    if (number == 0 || number > state.page_count() || number == lock_page) continue;
    pages_.push_back({number, frame});
  }
  std::ranges::sort(pages_, [](const Page& a, const Page& b) {
    return a.number != b.number ? a.number < b.number : a.frame > b.frame;
  });
  const auto same_page = [](const Page& a, const Page& b) { return a.number == b.number; };
  pages_.erase(std::unique(pages_.begin(), pages_.end(), same_page), pages_.end());
}

ByteView WalOverlay::read_frame(const Page& page) {
  log_.read(kLogHeaderSize + (page.frame - std::uint64_t{1}) * frame_.size(), frame_);
  const std::array<std::uint32_t, 2> salts = state_.salts();
  if (big_endian(frame_) != page.number ||
      std::memcmp(frame_.data() + kFrameSalts, salts.data(), sizeof salts) != 0) {
    throw Error(ErrorCode::failed,
                fmt::format("{} was started over while it was read, or is damaged (frame {}); "
                            "run the ingest again",
                            log_.path().string(), page.frame));
  }
  return ByteView(frame_).subspan(kFrameHeaderSize);
}

void WalOverlay::lay_over(std::uint64_t offset, MutableBytes piece) {
  const std::uint64_t end = offset + piece.size();
  const auto first_page = static_cast<std::uint32_t>(offset / page_size_ + 1);
  auto page = std::ranges::lower_bound(pages_, first_page, {}, &Page::number);
  for (; page != pages_.end(); ++page) {
    const std::uint64_t page_begin = (page->number - std::uint64_t{1}) * page_size_;
    if (page_begin >= end) break;
    const std::uint64_t from = std::max(offset, page_begin);
    const std::uint64_t to = std::min(end, page_begin + page_size_);
    const ByteView content = read_frame(*page).subspan(from - page_begin, to - from);
    std::ranges::copy(content, piece.begin() + static_cast<std::ptrdiff_t>(from - offset));
  }
}

}  // namespace varve
