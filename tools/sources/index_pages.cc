#include "tools/sources/index_pages.h"

#include <algorithm>
#include <cstring>

#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

constexpr std::size_t kSlab = 1 << 20;  // bytes; a multiple of every page size
// The first byte of a page. Leaves of tables (0x0d) and all that is no tree are passed over.
constexpr std::byte kInnerIndex{0x02};
constexpr std::byte kInnerTable{0x05};
constexpr std::byte kLeafIndex{0x0a};

std::size_t page_size_of(ByteView front) {
  SqliteHeader header;
  if (front.size() < header.bytes.size()) return 0;
  std::copy_n(front.begin(), header.bytes.size(), header.bytes.begin());
  return header.has_magic() ? header.page_size() : 0;
}

bool comes_again(ByteView page) {
  const std::byte kind = page.front();
  return kind == kInnerIndex || kind == kInnerTable || kind == kLeafIndex;
}

}  // namespace

IndexPages::IndexPages(std::size_t memory) : capacity_(memory) {}

void IndexPages::take(std::uint64_t offset, ByteView part) {
  const std::lock_guard lock(mutex_);
  if (offset == 0) page_size_ = page_size_of(part);
  if (page_size_ == 0) return;
  std::uint64_t number = (offset + page_size_ - 1) / page_size_;
  std::size_t at = number * page_size_ - offset;
  for (; at + page_size_ <= part.size(); at += page_size_, ++number) {
    const ByteView page = part.subspan(at, page_size_);
    keep(number, page);
  }
}

bool IndexPages::read(std::uint64_t offset, MutableBytes out) const {
  const std::lock_guard lock(mutex_);
  if (page_size_ == 0 || offset % page_size_ != 0 || out.size() > page_size_) return false;
  const auto found = pages_.find(offset / page_size_);
  if (found == pages_.end()) return false;
  std::memcpy(out.data(), found->second, out.size());
  return true;
}

// Pages of one kind fill what is free; then those of trees push out leaves of tables.
void IndexPages::keep(std::uint64_t number, ByteView page) {
  const bool is_leaf = !comes_again(page);
  std::byte* room = free_room();
  if (room == nullptr && !is_leaf) room = take_from_a_leaf();
  if (room == nullptr) return;
  std::copy(page.begin(), page.end(), room);
  pages_.emplace(number, room);
  if (is_leaf) leaves_.push_back(number);
}

std::byte* IndexPages::free_room() {
  const std::size_t in_slab = pages_.size() % (kSlab / page_size_);
  if (in_slab == 0) {
    if ((slabs_.size() + 1) * kSlab > capacity_) return nullptr;
    slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(kSlab));
  }
  return slabs_.back().get() + in_slab * page_size_;
}

std::byte* IndexPages::take_from_a_leaf() {
  if (leaves_.empty()) return nullptr;
  const auto leaf = pages_.find(leaves_.back());
  leaves_.pop_back();
  std::byte* const room = leaf->second;
  pages_.erase(leaf);
  return room;
}

}  // namespace varve
