// Texts that are pasted into a shell.
#include "tools/cli/shell_word.h"

#include <gtest/gtest.h>

#include "tests/support/shell.h"

namespace varve::cli {
namespace {

TEST(ShellWord, AShellReadsTheSameWord) {
  for (const std::string text :
       {"postgresql:///shop", "postgresql://a@h/s?host=/run&port=1", "a b", "it's",
        "$HOME `id` \"x\"", "dbname='sh op' user=a", "", "~", "*"}) {
    EXPECT_EQ(shell("printf %s " + shell_word(text)).output, text);
  }
}

TEST(ShellWord, WhatNeedsNoQuotesHasNone) {
  EXPECT_EQ(shell_word("postgresql:///shop"), "postgresql:///shop");
  EXPECT_EQ(shell_word("a b"), "'a b'");
}

}  // namespace
}  // namespace varve::cli
