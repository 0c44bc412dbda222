// Content-defined chunking for streams: FastCDC with normalised chunking.
//
// Source: W. Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking Approach for
// Data Deduplication", USENIX ATC 2016; gear table from splitmix64, so that it is the same
// everywhere and for ever (FORMAT.md gives the seed). Cuts depend on nothing but the bytes.
// Pure, thread-safe.
#pragma once

#include "store/core/bytes.h"

namespace varve {

class Chunker {
 public:
  // Sizes in bytes; `average` a power of two. Chunks have average/4 to average*4 bytes, the last
  // one of a stream may be shorter.
  explicit Chunker(std::uint32_t average);

  std::size_t smallest() const noexcept { return smallest_; }
  std::size_t largest() const noexcept { return largest_; }

  // Length of the chunk at the front of `bytes`, which must hold largest() bytes, or all that
  // is left of the stream.
  std::size_t next(ByteView bytes) const;

 private:
  std::size_t smallest_;
  std::size_t average_;
  std::size_t largest_;
  std::uint64_t strict_mask_;  // before the average: cuts are rare
  std::uint64_t loose_mask_;   // behind it: cuts are likely
};

}  // namespace varve
