#include "store/transform/chunker.h"

#include <algorithm>
#include <array>
#include <bit>

namespace varve {
namespace {

constexpr std::uint64_t kGearSeed = 0x7661727665;  // "varve"

constexpr std::array<std::uint64_t, 256> make_gear() {
  std::array<std::uint64_t, 256> gear{};
  std::uint64_t state = kGearSeed;
  for (std::uint64_t& entry : gear) {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    entry = mixed ^ (mixed >> 31);
  }
  return gear;
}

constexpr std::array<std::uint64_t, 256> kGear = make_gear();

// The gear hash's high bits depend on the most bytes.
constexpr std::uint64_t high_bits(unsigned count) { return ~std::uint64_t{0} << (64 - count); }

constexpr unsigned kNormalisation = 2;  // level 2 of the paper

}  // namespace

Chunker::Chunker(std::uint32_t average)
    : smallest_(average / 4), average_(average), largest_(std::size_t{average} * 4) {
  const auto bits = static_cast<unsigned>(std::bit_width(average)) - 1;
  strict_mask_ = high_bits(bits + kNormalisation);
  loose_mask_ = high_bits(bits - kNormalisation);
}

std::size_t Chunker::next(ByteView bytes) const {
  const std::size_t end = std::min(bytes.size(), largest_);
  if (end <= smallest_) return end;
  const std::size_t middle = std::min(end, average_);
  std::uint64_t hash = 0;
  std::size_t at = smallest_;
  for (; at < middle; ++at) {
    hash = (hash << 1) + kGear[static_cast<std::uint8_t>(bytes[at])];
    if ((hash & strict_mask_) == 0) return at + 1;
  }
  for (; at < end; ++at) {
    hash = (hash << 1) + kGear[static_cast<std::uint8_t>(bytes[at])];
    if ((hash & loose_mask_) == 0) return at + 1;
  }
  return end;
}

}  // namespace varve
