#include "fs/mount_options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "store/core/error.h"

namespace varve {
namespace {

TEST(MountOptions, DefaultToWhoMounts) {
  const MountSettings settings = parse_mount_options("");
  EXPECT_EQ(settings.uid, ::getuid());
  EXPECT_EQ(settings.gid, ::getgid());
  EXPECT_EQ(settings.umask, 0U);
  EXPECT_EQ(settings.cache_bytes, 64U << 20);
  EXPECT_FALSE(settings.paranoid);
  EXPECT_TRUE(settings.kernel.empty());
}

TEST(MountOptions, AreReadInAnyOrder) {
  const MountSettings settings = parse_mount_options(
      "umask=027,uid=12,allow_other,gid=34,cache=1G,paranoid,local,source=a.db");
  EXPECT_EQ(settings.uid, 12U);
  EXPECT_EQ(settings.gid, 34U);
  EXPECT_EQ(settings.umask, 027U);
  EXPECT_EQ(settings.cache_bytes, 1U << 30);
  EXPECT_TRUE(settings.paranoid);
  EXPECT_TRUE(settings.local_time);
  EXPECT_EQ(settings.source, "a.db");
  EXPECT_EQ(settings.kernel, std::vector<std::string>{"allow_other"});
}

TEST(MountOptions, KnowUsersAndGroupsByName) {
  EXPECT_EQ(parse_mount_options("uid=root,gid=root").uid, 0U);
}

TEST(MountOptions, PassOverWhatFstabWrites) {
  const MountSettings settings = parse_mount_options(
      "rw,noauto,nofail,_netdev,user,x-systemd.automount,x-systemd.idle-timeout=60,,nosuid");
  EXPECT_EQ(settings.kernel, std::vector<std::string>{"nosuid"});
}

std::string refusal(const std::string& text) {
  try {
    parse_mount_options(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "accepted";
}

TEST(MountOptions, AreRefusedByName) {
  EXPECT_EQ(refusal("ro,sidewise"), "mount option sidewise: unknown; see varve mount --help");
  EXPECT_EQ(refusal("uid=nobody-of-that-name"),
            "mount option uid=nobody-of-that-name: no such user");
  EXPECT_EQ(refusal("umask=9"), "mount option umask=9: must be octal, such as 027");
  EXPECT_EQ(refusal("cache=much"), "mount option cache=much: must be a size, such as 256M");
  EXPECT_EQ(refusal("cache"), "mount option cache: needs a value");
  EXPECT_EQ(refusal("source=a,snapshot=b"),
            "mount options source= and snapshot= exclude each other");
}

TEST(MountOptions, ReadSizes) {
  EXPECT_EQ(parse_size("4096"), 4096U);
  EXPECT_EQ(parse_size("12B"), 12U);
  EXPECT_EQ(parse_size("512K"), 512U << 10);
  EXPECT_EQ(parse_size("64M"), 64U << 20);
  EXPECT_EQ(parse_size("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size("2GB"), 2UL << 30);
  EXPECT_FALSE(parse_size(""));
  EXPECT_FALSE(parse_size("M"));
  EXPECT_FALSE(parse_size("64Q"));
  EXPECT_FALSE(parse_size("64MM"));
  EXPECT_FALSE(parse_size("-1"));
  EXPECT_FALSE(parse_size("99999999999T"));
}

}  // namespace
}  // namespace varve
