#include <gtest/gtest.h>

#include "fs/read_ahead.h"

namespace varve {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;

TEST(ReadPattern, ReadsAheadOfASequentialReaderOnce) {
  ReadPattern pattern(2 * kMiB);
  EXPECT_FALSE(pattern.note(0, 128 * kKiB));
  const auto first = pattern.note(128 * kKiB, 128 * kKiB);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->begin, 256 * kKiB);
  EXPECT_EQ(first->end, 256 * kKiB + 2 * kMiB);
  EXPECT_FALSE(pattern.note(256 * kKiB, 128 * kKiB));  // too little to be worth a task
  const auto second = pattern.note(384 * kKiB, 128 * kKiB);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->begin, first->end);
  EXPECT_EQ(second->end, 512 * kKiB + 2 * kMiB);
}

TEST(ReadPattern, BearsRequestsALittleOutOfOrder) {
  ReadPattern pattern(4 * kMiB);
  pattern.note(0, kMiB);
  pattern.note(2 * kMiB, kMiB);
  EXPECT_FALSE(pattern.note(kMiB, kMiB)) << "already asked for";
  const auto next = pattern.note(3 * kMiB, kMiB);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->end, 8 * kMiB);
}

TEST(ReadPattern, LeavesRandomReadersAlone) {
  ReadPattern pattern(2 * kMiB);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_FALSE(pattern.note((i * 7919 % 1000) * 64 * kKiB, 4 * kKiB));
  }
}

TEST(ReadPattern, NeverReadsAheadWithoutAWindow) {
  ReadPattern pattern(0);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto range = pattern.note(i * 128 * kKiB, 128 * kKiB);
    EXPECT_TRUE(!range || range->begin == range->end);
  }
}

}  // namespace
}  // namespace varve
