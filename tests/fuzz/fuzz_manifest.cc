#include "store/transform/manifest.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {

void manifest(ByteView input) {
  for (std::uint8_t level = 1; level <= kHighestLevel; ++level) {
    answer([&] {
      const ManifestNode node = decode_node(input, level);
      must(std::ranges::equal(encode_node(node), input), "a node is written in another way");
    });
  }
}

}  // namespace varve::fuzz
