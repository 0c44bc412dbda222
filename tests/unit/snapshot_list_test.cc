#include "fs/snapshot_list.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace varve {
namespace {

TEST(EscapeLabel, MakesOnePathPart) {
  EXPECT_EQ(escape_label("history.db"), "history.db");
  EXPECT_EQ(escape_label("a/b"), "a%2Fb");
  EXPECT_EQ(escape_label("100%"), "100%25");
  EXPECT_EQ(escape_label("."), "%2E");
  EXPECT_EQ(escape_label(".."), "%2E%2E");
  EXPECT_EQ(escape_label("..."), "...");
}

TEST(LocalDirectoryName, HasTheOffsetAndTheUtcNamesSuffix) {
  const Timestamp time{1'795'226'400};  // 2026-11-21T02:00:00Z
  ::setenv("TZ", "Asia/Kolkata", 1);
  ::tzset();
  EXPECT_EQ(local_directory_name(time, "2026-11-21T02-00-00Z"), "2026-11-21T07-30-00+0530");
  EXPECT_EQ(local_directory_name(time, "2026-11-21T02-00-00Z.2"), "2026-11-21T07-30-00+0530.2");
  ::unsetenv("TZ");
  ::tzset();
}

TEST(Listing, FindsByNameAndId) {
  SnapshotId one;
  SnapshotId two;
  two.bytes.fill(std::byte{2});
  const Listing listing(7, {{one, "b", {1}}, {two, "a", {2}}});
  ASSERT_NE(listing.find("a"), nullptr);
  EXPECT_EQ(listing.find("a")->id, two);
  EXPECT_EQ(listing.find("c"), nullptr);
  ASSERT_NE(listing.find(one), nullptr);
  EXPECT_EQ(listing.find(one)->name, "b");
  EXPECT_EQ(listing.snapshots().front().name, "b");
}

}  // namespace
}  // namespace varve
