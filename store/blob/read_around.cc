#include "store/blob/read_around.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::uint64_t kRegion = 4u << 20;  // bytes
constexpr std::uint8_t kEnough = 3;          // reads

}  // namespace

ReadAround::ReadAround(std::uint64_t size)
    : size_(size), enough_(size <= kRegion ? 1 : kEnough), reads_((size + kRegion - 1) / kRegion) {}

std::optional<ReadAround::Range> ReadAround::note(std::uint64_t offset) {
  const std::uint64_t index = offset / kRegion;
  if (index >= reads_.size()) return std::nullopt;
  std::atomic<std::uint8_t>& reads = reads_[index];
  if (reads.load(std::memory_order_relaxed) >= enough_) return std::nullopt;
  if (reads.fetch_add(1, std::memory_order_relaxed) + 1 != enough_) return std::nullopt;
  const std::uint64_t begin = index * kRegion;
  return Range{begin, std::min(kRegion, size_ - begin)};
}

}  // namespace varve
