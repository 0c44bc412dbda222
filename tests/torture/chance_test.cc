// That S rounds take each case once, also where a list is not quite the same in each.
#include "tests/torture/chance.h"

#include <gtest/gtest.h>

namespace varve::torture {
namespace {

TEST(ChanceTest, RoundsTakeEachCaseOnce) {
  constexpr std::uint64_t kRounds = 7;
  std::vector<int> taken(1000);
  for (std::uint64_t round = kRounds; round < 2 * kRounds; ++round) {
    const Part part{.round = round, .of = kRounds};
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (part.has(draw_of(std::to_string(i)))) ++taken[i];
    }
  }
  EXPECT_EQ(taken, std::vector<int>(1000, 1));
}

TEST(ChanceTest, EachRoundHasItsShare) {
  const Part part{.round = 3, .of = 10};
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) taken += part.has(draw_of(std::to_string(i))) ? 1 : 0;
  EXPECT_GT(taken, 700);
  EXPECT_LT(taken, 1300);
}

TEST(ChanceTest, APartIsReadOrRefused) {
  const std::optional<Part> part = Part::parse("5/32");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->round, 5u);
  EXPECT_EQ(part->of, 32u);
  for (const char* text : {"", "5", "5/", "/5", "5/0", "5/32x"}) {
    EXPECT_FALSE(Part::parse(text)) << text;
  }
}

}  // namespace
}  // namespace varve::torture
