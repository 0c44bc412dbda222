// What tells a database of a restore from one that is only called so.
#include "tools/restore/database_mark.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

constexpr auto kKept = DatabaseMark::State::kept;
constexpr auto kFilling = DatabaseMark::State::filling;

Timestamp moment() { return *parse_time("2026-11-21T08:14:40Z"); }

TEST(DatabaseMark, IsReadAsItWasWritten) {
  const DatabaseMark mark{.state = kKept,
                          .of = "odd name\nof 100%41",
                          .since = moment(),
                          .repository = "6f0c",
                          .safety = "2026-11-21T08-14-40Z",
                          .comment = "two\nlines"};
  const auto read = parse_mark(to_comment(mark));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, kKept);
  EXPECT_EQ(read->of, mark.of);
  EXPECT_EQ(read->since, mark.since);
  EXPECT_EQ(read->repository, mark.repository);
  EXPECT_EQ(read->safety, mark.safety);
  EXPECT_EQ(read->comment, mark.comment);
}

TEST(DatabaseMark, WithoutASnapshotAndAComment) {
  const auto read = parse_mark(to_comment({.state = kFilling,
                                           .of = "shop",
                                           .since = moment(),
                                           .repository = "r",
                                           .safety = {},
                                           .comment = {}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->state, kFilling);
  EXPECT_EQ(read->safety, "");
  EXPECT_EQ(read->comment, "");
}

TEST(DatabaseMark, WhatSomebodyWroteIsNone) {
  for (const char* comment : {"", "the shop", "varve", "varve kept", "varve kept of=shop",
                              "varve kept of=shop since=never", "varve lost of=shop since=2026",
                              "varve kept of=shop and more since=2026-11-21T08:14:40Z",
                              "the shop\nvarve kept of=shop since=2026-11-21T08:14:40Z"}) {
    EXPECT_FALSE(parse_mark(comment)) << comment;
  }
}

TEST(DatabaseMark, Names) {
  EXPECT_EQ(marked_name("shop", kKept, moment()), "shop_before_20261121_081440");
  EXPECT_EQ(marked_name("shop", kFilling, moment(), 2), "shop_restoring_20261121_081440_2");
  EXPECT_TRUE(is_marked_name("shop_before_20261121_081440", "shop", kKept));
  EXPECT_TRUE(is_marked_name("shop_before_20261121_081440_12", "shop", kKept));
  for (const char* name :
       {"shop_before_school", "shop_before_", "shop_before_20261121",
        "shop_before_20261121_081440_", "shop_before_20261121_081440x",
        "shop_before_20261121_081440_2x", "before_20261121_081440",
        "my_shop_before_20261121_081440", "shop_restoring_20261121_081440", "shop"}) {
    EXPECT_FALSE(is_marked_name(name, "shop", kKept)) << name;
  }
}

TEST(DatabaseMark, ALongNameKeepsItsFrontAndWholeLetters) {
  const std::string end = "_before_20261121_081440";  // of the 63 bytes, 40 are left
  EXPECT_EQ(marked_name(std::string(63, 'x'), kKept, moment()), std::string(40, 'x') + end);
  const std::string database = std::string(39, 'x') + "ä and more";
  const std::string name = marked_name(database, kKept, moment());
  EXPECT_EQ(name, std::string(39, 'x') + end);
  EXPECT_TRUE(is_marked_name(name, database, kKept));
}

}  // namespace
}  // namespace varve
