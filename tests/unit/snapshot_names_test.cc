#include "store/core/snapshot_names.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

TEST(SnapshotNames, DatesAreSome) {
  for (const char* name : {"2026-11-21T02-00-00Z", "2026-11-21T02-00-00Z.2", "0000-01-01T00-00-00Z",
                           "2026-11-21T03-00-00+0100"}) {
    EXPECT_TRUE(is_snapshot_name(name)) << name;
  }
}

TEST(SnapshotNames, WhatLeadsElsewhereIsNone) {
  for (const std::string_view name :
       {std::string_view(), std::string_view("."), std::string_view(".."), std::string_view("a/b"),
        std::string_view("/a"), std::string_view("a\0b", 3), std::string_view("a b"),
        std::string_view("\x1b[2J"), std::string_view("a\nb"), std::string_view("$(reboot)"),
        std::string_view("latest"), std::string_view("by-source"), std::string_view("by-tag")}) {
    EXPECT_FALSE(is_snapshot_name(name)) << name;
  }
  EXPECT_TRUE(is_snapshot_name(std::string(255, 'x')));
  EXPECT_FALSE(is_snapshot_name(std::string(256, 'x')));
}

}  // namespace
}  // namespace varve
