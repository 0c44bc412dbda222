#include "store/gc/gc_plan.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;

PackUse pack(std::uint64_t mib, std::uint64_t live_mib) {
  PackUse use;
  use.pack.id = random_id<PackId>();
  use.file_bytes = use.object_bytes = mib * kMiB;
  use.objects = mib;
  use.live_objects = live_mib;
  use.live_bytes = live_mib * kMiB;
  return use;
}

std::size_t chosen(const std::vector<PackUse>& packs, double worth, bool complete = true) {
  return choose_packs({packs, complete}, worth).size();
}

TEST(GcPlanTest, ByThePartThatIsGarbage) {
  EXPECT_EQ(pack(30, 20).garbage_bytes(), 10 * kMiB);
  EXPECT_EQ(chosen({pack(30, 30)}, 0), 0u);
  EXPECT_EQ(chosen({pack(30, 29)}, 0), 1u);
  EXPECT_EQ(chosen({pack(30, 25)}, 0.2), 0u);
  EXPECT_EQ(chosen({pack(30, 24)}, 0.2), 1u);
  EXPECT_EQ(chosen({pack(30, 0)}, 2), 1u);
}

TEST(GcPlanTest, SmallOnesOnceThereAreMany) {
  std::vector<PackUse> packs(kSmallPacks, pack(1, 1));
  packs.push_back(pack(30, 30));
  EXPECT_EQ(chosen(packs, 0.2), 0u);
  packs.push_back(pack(7, 7));
  EXPECT_EQ(chosen(packs, 0.2), kSmallPacks + 1);
}

TEST(GcPlanTest, DamagedOnesStayWhileSomethingIsLost) {
  PackUse damaged = pack(30, 1);
  damaged.damaged = true;
  EXPECT_EQ(chosen({damaged}, 0.2, false), 0u);
  EXPECT_EQ(chosen({damaged}, 0.2, true), 1u);
}

TEST(GcPlanTest, GroupsOfOnePacksSizeTheSmallestFirst) {
  const auto groups =
      group_packs({pack(30, 20), pack(30, 0), pack(30, 5), pack(30, 14), pack(30, 6)});
  ASSERT_EQ(groups.size(), 2u);
  ASSERT_EQ(groups[0].size(), 3u);
  EXPECT_EQ(groups[0][0].live_objects, 5u);
  EXPECT_EQ(groups[0][2].live_objects, 14u);
  EXPECT_EQ(groups[1][0].live_objects, 20u);
}

}  // namespace
}  // namespace varve
