#include "store/transform/parity_shape.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace varve {
namespace {

std::vector<std::uint64_t> sizes() {
  std::vector<std::uint64_t> all;
  for (std::uint64_t size = 1; size <= 10'000; ++size) all.push_back(size);
  for (std::uint64_t size = 10'007; size < 80u << 20; size += size / 97) all.push_back(size);
  for (const std::uint64_t edge : {256u << 10, 32u << 20}) {
    for (std::uint64_t size = edge - 3; size <= edge + 3; ++size) all.push_back(size);
  }
  return all;
}

TEST(ParityShape, KeepsWhatItPromises) {
  for (const std::uint32_t percent : {1u, 5u, 10u, 33u, 100u}) {
    for (const std::uint64_t size : sizes()) {
      const ParityShape shape = parity_shape(size, percent);
      SCOPED_TRACE(testing::Message() << size << " bytes, " << percent << " %");
      ASSERT_GT(shape.stripes, 0u);
      ASSERT_LE(shape.data_rows + shape.parity_rows, 255u);
      // All blocks have a place, and no row is empty.
      ASSERT_GE(shape.data_rows * shape.stripes, shape.data_blocks());
      ASSERT_LT((shape.data_rows - 1) * shape.stripes, shape.data_blocks());
      ASSERT_GE(shape.parity_blocks() * shape.block_size * 100, size * percent);
      // A sector, wherever it lies; of a small blob everything.
      ASSERT_GE(shape.burst(), std::min<std::uint64_t>(size, 4096));
      ASSERT_LE(shape.burst(), size);
      ASSERT_TRUE(size > 4608 || shape.burst() == size);
    }
  }
}

TEST(ParityShape, OfAPack) {
  const ParityShape shape = parity_shape(32u << 20, 5);
  EXPECT_EQ(shape.block_size, 4096u);
  EXPECT_EQ(shape.stripes, 82u);
  EXPECT_EQ(shape.data_rows, 100u);
  EXPECT_EQ(shape.parity_rows, 5u);
  EXPECT_EQ(shape.burst(), (82u * 5 - 1) * 4096 + 1);
}

TEST(ParityShape, OfNothing) {
  const ParityShape shape = parity_shape(0, 5);
  EXPECT_EQ(shape.data_blocks(), 0u);
  EXPECT_EQ(shape.parity_blocks(), 0u);
}

}  // namespace
}  // namespace varve
