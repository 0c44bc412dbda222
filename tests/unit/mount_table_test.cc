#include "fs/mount_table.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace varve {
namespace {

TEST(MountTable, ReadsPointTypeAndSource) {
  const auto entries = parse_mount_table(
      "36 35 98:0 / /mnt/a\\040b rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n"
      "40 35 0:52 / /mnt/backups ro,nosuid,nodev - fuse.varve /srv/back\\134up ro,user_id=0\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].point, "/mnt/a b");
  EXPECT_EQ(entries[0].type, "ext3");
  EXPECT_EQ(entries[1].point, "/mnt/backups");
  EXPECT_EQ(entries[1].type, kMountType);
  EXPECT_EQ(entries[1].source, "/srv/back\\up");
}

TEST(MountTable, PassesOverLinesThatItDoesNotUnderstand) {
  EXPECT_TRUE(parse_mount_table("\nnonsense\n1 2 3:4 / /x rw -\n").empty());
}

TEST(MountTable, KnowsThisSystem) {
  ASSERT_TRUE(mounted_at("/proc"));
  EXPECT_EQ(mounted_at("/proc")->type, "proc");
  const TempFolder folder;
  EXPECT_FALSE(mounted_at(folder.path()));
}

TEST(MountTable, MakesPathsNormal) {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink(folder / "real", folder / "link");
  EXPECT_EQ(normal_mount_point(folder / "real/"), folder / "real");
  EXPECT_EQ(normal_mount_point(folder / "link"), folder / "real");
  EXPECT_EQ(normal_mount_point(folder / "link/../real"), folder / "real");
  EXPECT_EQ(normal_mount_point(folder / "none"), folder / "none");
  EXPECT_EQ(normal_mount_point("/"), "/");
}

}  // namespace
}  // namespace varve
