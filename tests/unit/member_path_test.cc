// Where an archive's members go.
#include "tools/import/member_path.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(MemberPath, IsMadeClean) {
  EXPECT_EQ(member_path("a/b.txt").path, "a/b.txt");
  EXPECT_EQ(member_path("./a//./b/").path, "a/b");
  EXPECT_EQ(member_path("..a/b..").path, "..a/b..");
  EXPECT_EQ(member_path("a\nb/\xff").path, "a\nb/\xff");
}

TEST(MemberPath, WhatLeadsOutIsRefused) {
  for (const std::string& path :
       {std::string("/etc/passwd"), std::string("../a"), std::string("a/../../b"),
        std::string("a/.."), std::string(".."), std::string(""), std::string("."),
        std::string("//"), "a/" + std::string(256, 'x')}) {
    const MemberPath refused = member_path(path);
    EXPECT_EQ(refused.path, "") << path;
    EXPECT_NE(refused.fault, "") << path;
  }
}

TEST(MemberPaths, OneNameIsClaimedOnce) {
  MemberPaths paths;
  EXPECT_TRUE(paths.empty());
  EXPECT_TRUE(paths.claim("a/b/c"));
  EXPECT_TRUE(paths.claim("a/b/d"));
  EXPECT_FALSE(paths.empty());
  EXPECT_FALSE(paths.claim("a/b/c"));
  EXPECT_FALSE(paths.claim("a/b")) << "that is a folder";
  EXPECT_FALSE(paths.claim("a/b/d/e")) << "that is a file";
}

}  // namespace
}  // namespace varve
