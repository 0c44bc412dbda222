#include "store/snapshots/snapshot_name.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace varve {
namespace {

Snapshot snapshot(const std::string& time, const std::string& source, const std::string& tag = {}) {
  Snapshot made;
  made.time = parse_time(time).value();
  made.name = to_directory_name(made.time);
  made.sources.push_back({.name = source,
                          .kind = "memory",
                          .location = {},
                          .moment = made.time,
                          .facts = {},
                          .fingerprint = {}});
  if (!tag.empty()) made.tags = {tag};
  return made;
}

// Two nights, and a restore on the morning after the second.
const std::vector<Snapshot> kSnapshots = {
    snapshot("2026-11-20T02:00:00Z", "a.db"), snapshot("2026-11-21T02:00:00Z", "a.db"),
    snapshot("2026-11-21T08:00:00Z", "a.db.pre-restore", kSafetyTag)};

std::string resolved(const std::string& text) { return resolve_snapshot(kSnapshots, text).name; }

TEST(SnapshotName, WhatARestoreReplacedIsNoBackup) {
  EXPECT_EQ(resolved("latest"), "2026-11-21T02-00-00Z");
  EXPECT_EQ(resolved("2026-11-21"), "2026-11-21T02-00-00Z");
  EXPECT_EQ(resolved("2030-01-01"), "2026-11-21T02-00-00Z");
}

TEST(SnapshotName, ASafetySnapshotIsFoundByItsNameAndSource) {
  EXPECT_EQ(resolved("2026-11-21T08-00-00Z"), "2026-11-21T08-00-00Z");
  EXPECT_EQ(resolved("2026-11-21T08"), "2026-11-21T08-00-00Z");
  EXPECT_EQ(resolved("latest:a.db.pre-restore"), "2026-11-21T08-00-00Z");
  EXPECT_EQ(resolve_snapshot({kSnapshots.back()}, "latest").name, "2026-11-21T08-00-00Z");
}

TEST(SnapshotName, AForgottenNameIsNoTime) {
  expect_error(ErrorCode::not_found, "is meant by '2026-11-21T02:00:05Z'",
               [] { resolved("2026-11-21T02-00-05Z"); });
  EXPECT_EQ(resolved("2026-11-21T02:00:05Z"), "2026-11-21T02-00-00Z");
}

TEST(SnapshotName, AForgottenNameIsNotItsTwin) {
  Snapshot twin = kSnapshots.front();
  twin.name += "-2";
  expect_error(ErrorCode::not_found, "no snapshot is named",
               [&] { resolve_snapshot({twin}, "2026-11-20T02-00-00Z"); });
  EXPECT_EQ(resolve_snapshot({twin}, "2026-11-20T02-00-00").name, twin.name);
}

}  // namespace
}  // namespace varve
