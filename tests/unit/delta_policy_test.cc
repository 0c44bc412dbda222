#include "store/transform/delta_policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace varve {
namespace {

constexpr std::uint32_t kDepth = 3;
constexpr std::size_t kFull = 20000;

// Stores versions in a row, each differing from the one `n` versions before by n * `change` bytes.
struct Lineage {
  std::vector<ChainLevel> chain{{0, kFull, 0}};  // of the last version
  std::vector<int> chain_versions{0};            // which version each level of the chain is
  int version = 0;
  std::uint64_t stored = 0;
  int deepest = 0;
  int fulls = 0;

  void add(std::size_t change) {
    ++version;
    const DeltaPolicy policy(chain, kDepth, kFull);
    for (auto base = policy.first_base(); base; base = policy.higher(*base)) {
      const auto distance = static_cast<std::size_t>(version - chain_versions[*base]);
      const std::size_t size = distance * change;
      if (!policy.keep(*base, size)) continue;
      const ChainLevel level{policy.depth(*base), static_cast<std::uint32_t>(size),
                             policy.spent(*base, size)};
      const auto at = static_cast<std::ptrdiff_t>(*base);
      chain.erase(chain.begin(), chain.begin() + at);
      chain_versions.erase(chain_versions.begin(), chain_versions.begin() + at);
      chain.insert(chain.begin(), level);
      chain_versions.insert(chain_versions.begin(), version);
      stored += size;
      deepest = std::max<int>(deepest, level.depth);
      return;
    }
    chain = {{0, kFull, 0}};
    chain_versions = {version};
    stored += kFull;
    ++fulls;
  }
};

TEST(DeltaPolicy, DepthIsBounded) {
  Lineage lineage;
  for (int i = 0; i < 1000; ++i) lineage.add(100);
  EXPECT_EQ(lineage.deepest, static_cast<int>(kDepth));
}

TEST(DeltaPolicy, ManyVersionsCostFarLessThanOneLevelWould) {
  Lineage lineage;
  for (int i = 0; i < 200; ++i) lineage.add(100);
  // One level: a full chunk every 20 versions (the best), some 200 * 2,000 bytes.
  EXPECT_LT(lineage.stored, 200U * 700U);
  EXPECT_LE(lineage.fulls, 2);
}

TEST(DeltaPolicy, WhatChangedMostlyIsStoredWhole) {
  Lineage lineage;
  lineage.add(kFull * 8 / 10);
  EXPECT_EQ(lineage.fulls, 1);
}

// A chunk that is much shorter than its base is no delta for that alone.
TEST(DeltaPolicy, WhatIsShortIsHeldAgainstWhatItWouldTakeItself) {
  const std::vector<ChainLevel> chain = {{0, 4 * kFull, 0}};
  EXPECT_FALSE(DeltaPolicy(chain, kDepth, kFull).keep(0, kFull - 1));
  EXPECT_TRUE(DeltaPolicy(chain, kDepth, kFull).keep(0, kFull / 10));
}

TEST(DeltaPolicy, NoDepthMeansNoDelta) {
  const std::vector<ChainLevel> chain{{0, kFull, 0}};
  EXPECT_FALSE(DeltaPolicy(chain, 0, kFull).first_base());
}

}  // namespace
}  // namespace varve
