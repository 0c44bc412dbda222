#include "store/core/one_line.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(OneLine, JoinsLines) {
  EXPECT_EQ(one_line("first\nsecond\n"), "first; second");
  EXPECT_EQ(one_line("a\tb\rc\x01"), "a b c ");
  EXPECT_EQ(one_line(std::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(one_line(""), "");
}

TEST(OneLine, KeepsUtf8AndNothingElse) {
  EXPECT_EQ(one_line("Zürich €𝄞"), "Zürich €𝄞");
  EXPECT_EQ(one_line("\xff"), "?");
  EXPECT_EQ(one_line("a\xc3"), "a?");               // cut off
  EXPECT_EQ(one_line("\xc0\xaf"), "??");            // longer than needed
  EXPECT_EQ(one_line("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(one_line("\xf4\x90\x80\x80"), "????");  // beyond the last character
}

TEST(OneLine, CutsBetweenCharacters) {
  EXPECT_EQ(one_line("abcdef", 6), "abcdef");
  EXPECT_EQ(one_line("abcdef", 5), "abcde…");
  EXPECT_EQ(one_line("aüü", 4), "aü…");
}

}  // namespace
}  // namespace varve
