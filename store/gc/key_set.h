// A set of chunk keys that is small enough for every live chunk of a repository.
//
// Open addressing, 8 bytes a slot, at most three quarters full: 11 to 22 bytes a key, and 20
// million keys in 256 MiB. Keys are uniform already, so their high bits are the hash. The lowest
// bit of a key is not kept: its place notes whether the key was seen. Two keys that differ in
// nothing else count as one, which for gc means that it keeps what it need not, once in 2^63
// pairs. Not thread-safe; reading from several threads is fine.
#pragma once

#include <cstdint>
#include <vector>

#include "store/core/ids.h"

namespace varve {

class KeySet {
 public:
  bool insert(ChunkKey key);  // false: it was there
  bool contains(ChunkKey key) const noexcept;
  // Marks a key as seen. Told apart: not in the set, seen for the first time, seen before.
  enum class Seen { absent, first, again };
  Seen see(ChunkKey key) noexcept;

  std::size_t size() const noexcept { return size_; }
  std::size_t seen() const noexcept { return seen_; }
  // Calls visit(ChunkKey) for each key that was never seen; its lowest bit reads 0.
  template <class Visit>
  void for_each_unseen(const Visit& visit) const {
    for (const std::uint64_t slot : slots_) {
      if (slot != kFree && (slot & kSeenBit) == 0) visit(ChunkKey{slot & ~kSeenBit});
    }
  }

 private:
  static constexpr std::uint64_t kFree = 0;
  static constexpr std::uint64_t kSeenBit = 1;
  // Keys 0 and 1 share a slot value with the free slots and are taken for 2.
  static std::uint64_t slot_value(ChunkKey key) noexcept;
  std::size_t slot_of(std::uint64_t value) const noexcept;  // its own, or the free one for it
  void grow();

  std::vector<std::uint64_t> slots_;
  unsigned shift_ = 64;  // slots_.size() == 2^(64 - shift_)
  std::size_t size_ = 0;
  std::size_t seen_ = 0;
};

}  // namespace varve
