#include "store/gc/key_set.h"

#include <utility>

namespace varve {
namespace {

constexpr unsigned kFirstShift = 64 - 10;

}  // namespace

std::uint64_t KeySet::slot_value(ChunkKey key) noexcept {
  const std::uint64_t value = key.value & ~kSeenBit;
  return value == kFree ? 2 : value;
}

std::size_t KeySet::slot_of(std::uint64_t value) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>(value >> shift_);
  while (slots_[at] != kFree && (slots_[at] & ~kSeenBit) != value) at = (at + 1) & mask;
  return at;
}

bool KeySet::insert(ChunkKey key) {
  if (4 * (size_ + 1) > 3 * slots_.size()) grow();
  const std::uint64_t value = slot_value(key);
  std::uint64_t& slot = slots_[slot_of(value)];
  if (slot != kFree) return false;
  slot = value;
  ++size_;
  return true;
}

bool KeySet::contains(ChunkKey key) const noexcept {
  return !slots_.empty() && slots_[slot_of(slot_value(key))] != kFree;
}

KeySet::Seen KeySet::see(ChunkKey key) noexcept {
  if (slots_.empty()) return Seen::absent;
  std::uint64_t& slot = slots_[slot_of(slot_value(key))];
  if (slot == kFree) return Seen::absent;
  if ((slot & kSeenBit) != 0) return Seen::again;
  slot |= kSeenBit;
  ++seen_;
  return Seen::first;
}

void KeySet::grow() {
  shift_ = slots_.empty() ? kFirstShift : shift_ - 1;
  const std::vector<std::uint64_t> old =
      std::exchange(slots_, std::vector<std::uint64_t>(std::size_t{1} << (64 - shift_)));
  for (const std::uint64_t value : old) {
    if (value != kFree) slots_[slot_of(value & ~kSeenBit)] = value;
  }
}

}  // namespace varve
