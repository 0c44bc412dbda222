#include "tools/restore/file_pattern.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(FilePattern, StarsStayWithinAName) {
  const FilePattern pattern("www/*.html");
  EXPECT_TRUE(pattern.matches("www/index.html"));
  EXPECT_FALSE(pattern.matches("www/news/1.html"));
  EXPECT_FALSE(pattern.matches("index.html"));
  EXPECT_FALSE(pattern.matches("x/www/index.html"));
}

TEST(FilePattern, AFolderThatFitsComesWithAllBelowIt) {
  const FilePattern pattern("www/n*");
  EXPECT_TRUE(pattern.matches("www/news/old/0.html"));
  EXPECT_TRUE(pattern.matches("www/notes.txt"));
  EXPECT_FALSE(pattern.matches("www/index.html"));
}

TEST(FilePattern, FoldersInFrontAreNoPattern) {
  EXPECT_EQ(FilePattern("www/news/*.html").folder(), "www/news");
  EXPECT_EQ(FilePattern("www/n?ws/x.html").folder(), "www");
  EXPECT_EQ(FilePattern("*.html").folder(), "");
  EXPECT_EQ(FilePattern("**/x").folder(), "");
}

TEST(FilePattern, IsKnownByItsCharacters) {
  EXPECT_TRUE(FilePattern::is_pattern("a*"));
  EXPECT_TRUE(FilePattern::is_pattern("[ab]"));
  EXPECT_FALSE(FilePattern::is_pattern("history.db"));
}

}  // namespace
}  // namespace varve
