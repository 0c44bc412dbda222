#include "tools/sources/copy_rows.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

std::optional<std::uint64_t> rows_of(std::string_view text, std::size_t piece) {
  CopyRows rows;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    rows.add(as_bytes(text.substr(0, piece)));
  }
  return rows.rows();
}

TEST(CopyRows, CountsLinesInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece < 20; ++piece) {
    EXPECT_EQ(rows_of("1\tone\n2\ttwo\\nlines\n\\.\n\n\n", piece), 2U) << piece;
    EXPECT_EQ(rows_of("\\.\n\n\n", piece), 0U);
    EXPECT_EQ(rows_of("\n\n\n\\.\n\n\n", piece), 3U);  // a table without columns
  }
}

TEST(CopyRows, WhatBreaksOffHasNoCount) {
  const std::string whole = "1\tone\n2\ttwo\n\\.\n\n\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(rows_of(whole.substr(0, length), 4)) << length;
  }
}

}  // namespace
}  // namespace varve
