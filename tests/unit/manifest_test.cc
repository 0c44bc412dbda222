#include "store/transform/manifest.h"

#include <gtest/gtest.h>

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

ManifestNode some_node(std::uint8_t level, bool lengths) {
  ManifestNode node{.level = level, .refs = {}, .lengths = {}};
  for (int i = 0; i < 5; ++i) {
    node.refs.push_back(ref_of(chunk_id(as_bytes(std::to_string(i)))));
    if (lengths) node.lengths.push_back(static_cast<std::uint64_t>(i) + 1000);
  }
  return node;
}

TEST(ManifestNode, ComesBackAsItWent) {
  for (const bool lengths : {false, true}) {
    for (const std::uint8_t level : {std::uint8_t{1}, std::uint8_t{3}}) {
      const ManifestNode node = some_node(level, lengths);
      const ManifestNode back = decode_node(encode_node(node), level);
      EXPECT_EQ(back.refs, node.refs);
      EXPECT_EQ(back.lengths, node.lengths);
    }
  }
}

TEST(ManifestNode, AnotherLevelIsDamage) {
  EXPECT_THROW(decode_node(encode_node(some_node(1, false)), 2), Error);
}

TEST(ManifestNode, EveryTruncationAndAnExtraByteAreDamage) {
  Bytes bytes = encode_node(some_node(1, true));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decode_node(ByteView(bytes).first(size), 1), Error) << size;
  }
  bytes.push_back(std::byte{0});
  EXPECT_THROW(decode_node(bytes, 1), Error);
}

}  // namespace
}  // namespace varve
