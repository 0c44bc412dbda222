#include "tools/sources/exclusion.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace varve {
namespace {

bool leaves_out(const std::string& pattern, const std::string& path, bool is_folder = false) {
  return Exclusion({pattern}).matches(path, is_folder);
}

TEST(Exclusion, ANameMatchesAtAnyDepth) {
  EXPECT_TRUE(leaves_out("cache", "cache"));
  EXPECT_TRUE(leaves_out("cache", "a/b/cache"));
  EXPECT_FALSE(leaves_out("cache", "cache2"));
  EXPECT_FALSE(leaves_out("cache", "cache/x")) << "it is not looked into anyway";
  EXPECT_TRUE(leaves_out("*.tmp", "a/b.tmp"));
  EXPECT_TRUE(leaves_out("*", ".hidden"));
  EXPECT_TRUE(leaves_out("b?[0-9]", "x/ba7"));
  EXPECT_FALSE(leaves_out("a*c", "a/c"));
}

TEST(Exclusion, ASlashTiesItToTheFolder) {
  EXPECT_TRUE(leaves_out("/cache", "cache"));
  EXPECT_FALSE(leaves_out("/cache", "a/cache"));
  EXPECT_TRUE(leaves_out("var/cache", "var/cache"));
  EXPECT_FALSE(leaves_out("var/cache", "x/var/cache"));
  EXPECT_TRUE(leaves_out("var/*.log", "var/a.log"));
  EXPECT_FALSE(leaves_out("var/*.log", "var/x/a.log"));
}

TEST(Exclusion, ASlashAtTheEndMeansFolders) {
  EXPECT_TRUE(leaves_out("cache/", "a/cache", true));
  EXPECT_FALSE(leaves_out("cache/", "a/cache", false));
  EXPECT_TRUE(leaves_out("/a/b/", "a/b", true));
}

TEST(Exclusion, TwoStarsStandForFolders) {
  EXPECT_TRUE(leaves_out("**/cache", "cache"));
  EXPECT_TRUE(leaves_out("**/cache", "a/b/cache"));
  EXPECT_TRUE(leaves_out("a/**/b", "a/b"));
  EXPECT_TRUE(leaves_out("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(leaves_out("a/**/b", "x/a/b"));
  EXPECT_TRUE(leaves_out("logs/**", "logs/x/y"));
  EXPECT_FALSE(leaves_out("logs/**", "logs", true));
}

TEST(Exclusion, ABackslashTakesTheMeaningAway) {
  EXPECT_TRUE(leaves_out("\\*", "a/*"));
  EXPECT_FALSE(leaves_out("\\*", "a/b"));
}

TEST(Exclusion, BytesThatAreNoTextMatch) {
  EXPECT_TRUE(leaves_out("caf*", "caf\xe9"));
  EXPECT_TRUE(leaves_out("a?b", "a\nb"));
}

TEST(Exclusion, NothingIsNoPattern) {
  for (const char* pattern : {"", "/", "//"}) {
    expect_error(ErrorCode::usage, "--exclude", [&] { leaves_out(pattern, "a"); });
  }
}

}  // namespace
}  // namespace varve
