#include "store/repository/trail.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace varve {
namespace {

class TrailTest : public testing::Test {
 protected:
  TrailTest() { make_directory(folder_ / "locks"); }

  bool is_empty() const { return std::filesystem::is_empty(folder_ / "locks"); }

  TempFolder folder_;
  const Path root_ = folder_.path();
};

TEST_F(TrailTest, SaysNamesBeforeTheyAreUsed) {
  Trail trail(root_);
  const SnapshotId snapshot = trail.new_snapshot();
  EXPECT_TRUE(is_empty());
  for (int i = 0; i < 200; ++i) {
    const PackId pack = trail.new_pack();
    ASSERT_TRUE(names_on_trails(root_).packs.contains(pack));
  }
  EXPECT_EQ(names_on_trails(root_).snapshots, std::set{snapshot});
  trail.finish();
  EXPECT_TRUE(is_empty());
}

TEST_F(TrailTest, ASnapshotAloneIsSaidToo) {
  Trail trail(root_);
  const SnapshotId snapshot = trail.new_snapshot();
  trail.say();
  EXPECT_EQ(names_on_trails(root_).snapshots, std::set{snapshot});
}

TEST_F(TrailTest, IsDeadOnlyWhenItsCommandIs) {
  PackId pack;
  {
    Trail trail(root_);
    pack = trail.new_pack();
    EXPECT_TRUE(DeadTrail::find_all(root_).empty());
  }
  std::vector<DeadTrail> dead = DeadTrail::find_all(root_);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead.front().names().packs, std::set{pack});
  EXPECT_TRUE(DeadTrail::find_all(root_).empty());  // one looks after it already
  dead.front().remove();
  EXPECT_TRUE(is_empty());
}

TEST_F(TrailTest, TellsForgottenOnesApart) {
  const auto gone = random_id<SnapshotId>();
  Trail trail(root_);
  trail.forget({gone});
  const SnapshotId made = trail.new_snapshot();
  trail.say();
  const TrailNames names = names_on_trails(root_);
  EXPECT_EQ(names.forgotten, std::set{gone});
  EXPECT_EQ(names.snapshots, (std::set{gone, made}));
}

TEST_F(TrailTest, ALineThatWasCutShortNamesNothing) {
  const std::string whole = "pack 0123456789abcdef\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_file_atomically(root_ / "locks" / "trail-0", as_bytes(whole.substr(0, length)),
                          AtomicFile::Over::replace);
    EXPECT_TRUE(names_on_trails(root_).packs.empty());
  }
  write_file_atomically(root_ / "locks" / "trail-0", as_bytes(whole + "rubbish\npack 01\n"),
                        AtomicFile::Over::replace);
  EXPECT_EQ(names_on_trails(root_).packs.size(), 1u);
}

}  // namespace
}  // namespace varve
