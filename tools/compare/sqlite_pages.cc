#include "tools/compare/sqlite_pages.h"

#include <algorithm>
#include <limits>

#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr std::uint64_t kLockByte = 1u << 30;

}  // namespace

std::optional<SqlitePages> SqlitePages::open(FileReader& file) {
  SqliteHeader header;
  if (file.read(0, header.bytes) != SqliteHeader::kSize || !header.has_magic()) return {};
  SqlitePages pages(file);
  pages.page_size_ = header.page_size();
  const auto reserved = std::to_integer<std::uint32_t>(header.bytes[SqliteHeader::kReserved]);
  if (pages.page_size_ == 0 || file.size() % pages.page_size_ != 0) return {};
  pages.usable_size_ = pages.page_size_ - reserved;
  constexpr std::uint32_t kLeastUsable = 480;
  if (pages.usable_size_ < kLeastUsable) return {};
  std::uint64_t count = file.size() / pages.page_size_;
  // As SQLite reads it: what lies behind the count in the header is no part of the database.
  const std::uint32_t told = header.number_at(SqliteHeader::kPageCount);
  const bool is_told = told != 0 && header.number_at(SqliteHeader::kChangeCounter) ==
                                        header.number_at(SqliteHeader::kValidFor);
  if (is_told) count = std::min<std::uint64_t>(count, told);
  if (count > std::numeric_limits<std::uint32_t>::max()) return {};
  pages.count_ = static_cast<std::uint32_t>(count);
  pages.encoding_ = header.number_at(SqliteHeader::kEncoding);
  pages.first_free_trunk_ = header.number_at(SqliteHeader::kFirstFreeTrunk);
  pages.is_auto_vacuum_ = header.number_at(SqliteHeader::kLargestRoot) != 0;
  return pages;
}

bool SqlitePages::is_for_bookkeeping(std::uint32_t page) const noexcept {
  const auto lock_page = static_cast<std::uint32_t>(kLockByte / page_size_ + 1);
  if (page == lock_page) return true;
  if (!is_auto_vacuum_ || page < 2) return false;
  // One page of back pointers in front of as many pages as it holds, the lock page stepped over.
  const std::uint32_t group = usable_size_ / 5 + 1;
  std::uint32_t first = (page - 2) / group * group + 2;
  if (first == lock_page) ++first;
  return page == first;
}

ByteView SqlitePages::page(std::uint32_t number) {
  if (number == 0 || number > count_) return {};
  if (at_hand_) {
    if (const ByteView found = at_hand_(number); !found.empty()) return found;
  }
  const std::uint64_t offset = std::uint64_t{number - 1} * page_size_;
  if (!chunk_ || offset < piece_.offset || offset >= piece_.offset + piece_.length) {
    piece_ = file_->piece_at(offset);
    chunk_ = file_->load(piece_);
  }
  const std::uint64_t skip = offset - piece_.offset;
  if (skip + page_size_ <= piece_.length) return ByteView(*chunk_).subspan(skip, page_size_);
  copy_.resize(page_size_);
  file_->read(offset, copy_);
  return copy_;
}

}  // namespace varve
