// Numbers in the bytes of a database that nobody vouches for.
#pragma once

#include <cstdint>

#include "store/core/bytes.h"

namespace varve {

// Reads beyond the end give 0 and make it bad. The bytes must outlive it.
class PageBytes {
 public:
  explicit PageBytes(ByteView bytes) : bytes_(bytes) {}

  bool is_bad() const { return is_bad_; }
  // Big endian, of up to four bytes.
  std::uint32_t number(std::size_t at, std::size_t bytes);
  // SQLite's own, of up to nine; moves `at` behind it.
  std::uint64_t varint(std::size_t& at);

 private:
  ByteView bytes_;
  bool is_bad_ = false;
};

}  // namespace varve
