// Where an archive's members go.
#include "tools/import/member_path.h"

#include <gtest/gtest.h>

#include <utility>

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

TEST(MemberPath, LinksThatStayInsideAreTold) {
  EXPECT_TRUE(stays_inside("a/link", "../b/c"));
  EXPECT_TRUE(stays_inside("link", "b/../c"));
  EXPECT_TRUE(stays_inside("a/b/link", "./../../c/"));
  for (const auto& [path, target] : {std::pair{"link", "/etc/passwd"},
                                     {"link", ".."},
                                     {"a/link", "../../b"},
                                     {"a/link", "b/../../../c"},
                                     {"link", ""}}) {
    EXPECT_FALSE(stays_inside(path, target)) << path << " -> " << target;
  }
}

TEST(MemberPaths, OneNameIsClaimedOnce) {
  using Claim = MemberPaths::Claim;
  MemberPaths paths;
  EXPECT_EQ(paths.claim("a/b/c"), Claim::taken);
  EXPECT_EQ(paths.claim("a/b/d"), Claim::taken);
  EXPECT_EQ(paths.claim("a/b/c"), Claim::conflict);
  EXPECT_EQ(paths.claim("a/b"), Claim::conflict) << "that is a folder";
  EXPECT_EQ(paths.claim("a/b/d/e"), Claim::conflict) << "that is a file";
  EXPECT_EQ(paths.claim_folder("a/b"), Claim::taken);
  EXPECT_EQ(paths.claim_folder("a/b"), Claim::again);
  EXPECT_EQ(paths.claim_folder("a/b/d"), Claim::conflict);
  EXPECT_EQ(paths.claim_folder("x"), Claim::taken);
  EXPECT_EQ(paths.claim("x"), Claim::conflict);
}

}  // namespace
}  // namespace varve
