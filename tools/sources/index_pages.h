// The pages of an SQLite database that a check comes back to again and again, kept in memory.
//
// integrity_check looks each row up in each index: pages of indexes in no order, a chunk to be
// decoded for each. Whoever reads the file from front to back anyway (for its hash) hands the
// bytes over, and the inner pages of trees and the pages of indexes stay; of a database that is
// no larger than the memory, all. https://sqlite.org/fileformat2.html, "B-tree Pages".
//
// Thread-safe: one thread takes while another reads.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "store/core/bytes.h"

namespace varve {

class IndexPages {
 public:
  // In at most `memory` bytes, and a hundredth of it to find them.
  explicit IndexPages(std::size_t memory);

  // A part of the file, `offset` bytes into it; parts come in order, the first begins at 0.
  void take(std::uint64_t offset, ByteView part);

  // Fills `out` with what stands at `offset`, where that is all of a page or the front of one that
  // is here; else false.
  bool read(std::uint64_t offset, MutableBytes out) const;

 private:
  // These with mutex_ held; the rooms are of page_size_, null where there is none.
  void keep(std::uint64_t number, ByteView page);
  std::byte* free_room();
  std::byte* take_from_a_leaf();

  const std::size_t capacity_;  // pages' bytes
  std::size_t page_size_ = 0;   // 0: not known, nothing is kept
  mutable std::mutex mutex_;    // guards the rest
  std::vector<std::unique_ptr<std::byte[]>> slabs_;
  std::unordered_map<std::uint64_t, std::byte*> pages_;  // by number, from 0
  std::vector<std::uint64_t> leaves_;                    // of pages_, those that may go
};

}  // namespace varve
