// The pages in which two stored databases differ, found without reading what both share.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "store/read/file_reader.h"
#include "store/read/manifest_diff.h"

namespace varve {

class ChangedPages {
 public:
  enum class Side : std::uint8_t { before = 0, after = 1 };

  // Extents that differ are decoded on two threads, and their pages compared. A page that only one
  // of both has counts as changed. `difference` as compare_files() tells it of files with equal
  // extents, which page_size divides. Throws what the store throws, and interrupted.
  static ChangedPages find(FileReader& before, FileReader& after, const FileDifference& difference,
                           std::uint32_t page_size, const std::stop_token& stop);

  bool has(std::uint32_t page) const { return page < is_changed_.size() && is_changed_[page]; }
  const std::vector<std::uint32_t>& pages() const noexcept { return pages_; }  // in order
  std::uint32_t page_size() const noexcept { return page_size_; }
  // A changed page's bytes, where they were kept in memory (up to kKeptBytes of both sides): a
  // comparison looks at them again, and an extent is not decoded twice for a page. Else empty.
  ByteView at_hand(Side side, std::uint32_t page) const;

 private:
  static constexpr std::uint64_t kKeptBytes = 192u << 20;
  struct Kept {
    RawBytes bytes[2];  // of each side; empty: it has no such page
  };

  std::uint32_t page_size_ = 0;
  std::vector<std::uint32_t> pages_;
  std::vector<bool> is_changed_;  // by page
  std::unordered_map<std::uint32_t, Kept> kept_;
};

}  // namespace varve
