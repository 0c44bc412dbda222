#include "tests/support/random_bytes.h"

#include <random>

namespace varve {

Bytes random_bytes(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(count);
  // Runs of noise and of one value, so that the codec has something to do.
  for (std::size_t at = 0; at < count;) {
    const std::size_t run = 1 + random() % 64;
    const bool noise = random() % 2 == 0;
    const std::uint64_t value = random();
    for (std::size_t i = 0; i < run && at < count; ++i, ++at) {
      bytes[at] = static_cast<std::byte>(noise ? random() : value);
    }
  }
  return bytes;
}

Bytes with_changes(Bytes bytes, std::size_t changes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < changes; ++i) {
    bytes[random() % bytes.size()] ^= std::byte{0x5a};
  }
  return bytes;
}

}  // namespace varve
