// When a pack's neighbourhood is asked for as a whole.
#include "store/blob/read_around.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr std::uint64_t kMebibyte = 1u << 20;

TEST(ReadAround, AsksForARegionOnceAtItsThirdRead) {
  ReadAround around(33 * kMebibyte);
  EXPECT_FALSE(around.note(5 * kMebibyte));
  EXPECT_FALSE(around.note(0));  // another region
  EXPECT_FALSE(around.note(7 * kMebibyte));
  const auto range = around.note(6 * kMebibyte);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->offset, 4 * kMebibyte);
  EXPECT_EQ(range->length, 4 * kMebibyte);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(around.note(6 * kMebibyte));
}

TEST(ReadAround, EndsWithThePack) {
  ReadAround around(33 * kMebibyte);
  around.note(32 * kMebibyte);
  around.note(32 * kMebibyte + 100);
  const auto range = around.note(33 * kMebibyte - 1);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->offset, 32 * kMebibyte);
  EXPECT_EQ(range->length, kMebibyte);
  EXPECT_FALSE(around.note(33 * kMebibyte + 4 * kMebibyte));  // beyond its end
}

TEST(ReadAround, AsksForASmallPackAtOnce) {
  ReadAround around(kMebibyte);
  const auto range = around.note(1000);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->offset, 0u);
  EXPECT_EQ(range->length, kMebibyte);
  EXPECT_FALSE(around.note(1000));
  EXPECT_FALSE(ReadAround(0).note(0));
}

}  // namespace
}  // namespace varve
