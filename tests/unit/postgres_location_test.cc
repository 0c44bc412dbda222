#include <gtest/gtest.h>

#include "tools/sources/postgres_connection.h"

namespace varve {
namespace {

TEST(PostgresLocation, TheServerIsWhatStandsBetweenUserAndDatabase) {
  EXPECT_EQ(server_of("postgresql://varve@db.example:5432/shop"), "db.example:5432");
  EXPECT_EQ(server_of("postgresql://varve@[::1]:5432/shop"), "[::1]:5432");
  EXPECT_EQ(server_of("postgresql://varve@/run/postgresql:5433/shop"), "/run/postgresql:5433");
}

TEST(PostgresLocation, NamesMayHoldWhatDividesThem) {
  EXPECT_EQ(server_of("postgresql://me@corp@db:5432/shop"), "db:5432");
  EXPECT_EQ(server_of("postgresql://me@db:5432/a/b@c:1/d"), "db:5432");
}

TEST(PostgresLocation, WhatIsNoneHasNoServer) {
  EXPECT_EQ(server_of("/srv/old/shop.dump"), "");
  EXPECT_EQ(server_of("postgresql://me@db/shop"), "");
  EXPECT_EQ(server_of(""), "");
}

}  // namespace
}  // namespace varve
