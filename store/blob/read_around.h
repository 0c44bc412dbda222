// Which parts of a pack are worth having in the page cache as a whole.
//
// Objects are small, and who reads some of a region will read more: a disk gives 4 MiB in about the
// time of three objects that lie apart. So the third read in such a region asks for the whole of
// it, once. A pack of one night, which is smaller and mostly deltas, is asked for with the first.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace varve {

class ReadAround {
 public:
  explicit ReadAround(std::uint64_t size);

  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;  // bytes
  };
  // Notes a read at `offset` < size; returns what the kernel should be told to read now, if
  // anything.
  std::optional<Range> note(std::uint64_t offset);

 private:
  const std::uint64_t size_;
  const std::uint8_t enough_;                     // reads
  std::vector<std::atomic<std::uint8_t>> reads_;  // by region, up to enough_
};

}  // namespace varve
