// Proofs that hold for other snapshots with the same bytes.
#include "tools/cli/known_proofs.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/core/error.h"
#include "tests/support/expect_error.h"

namespace varve::cli {
namespace {

ChunkRef root(unsigned value) {
  ChunkRef ref;
  ref.bytes[0] = static_cast<std::byte>(value);
  return ref;
}

Snapshot snapshot(const std::string& name, unsigned content) {
  Snapshot made;
  made.id = random_id<SnapshotId>();
  made.name = name;
  made.sources.resize(1);
  made.sources[0].name = "a.db";
  made.sources[0].kind = "sqlite";
  FileEntry file;
  file.path = "a.db";
  file.size = 10;
  file.root = root(content);
  made.files = {file};
  return made;
}

Attestation proof(const std::string& level, std::int64_t time = 100, bool passed = true) {
  Attestation made;
  made.source = "a.db";
  made.level = level;
  made.passed = passed;
  made.time = {time};
  return made;
}

TEST(KnownProofs, HoldForTheSameBytesAndSayWhoseTheyAre) {
  KnownProofs known;
  known.add(snapshot("monday", 1), proof("full", 123));
  const auto taken = known.find(snapshot("sunday", 1), 0, "quick", {});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->taken_from, "monday");
  EXPECT_EQ(taken->level, "full");
  EXPECT_EQ(taken->time, Timestamp{123}) << "it is as old as it is";
  EXPECT_FALSE(known.find(snapshot("sunday", 2), 0, "quick", {})) << "other bytes";
  EXPECT_FALSE(known.find(snapshot("sunday", 1), 0, "drill", {})) << "a better proof is wanted";
}

TEST(KnownProofs, KeepTheFirstSnapshotsName) {
  KnownProofs known;
  Attestation second_hand = proof("full");
  second_hand.taken_from = "monday";
  known.add(snapshot("tuesday", 1), second_hand);
  EXPECT_EQ(known.find(snapshot("wednesday", 1), 0, "full", {})->taken_from, "monday");
}

TEST(KnownProofs, OtherNamesKindsOrRecordedRowsAreOtherContent) {
  KnownProofs known;
  known.add(snapshot("monday", 1), proof("full"));
  Snapshot other = snapshot("sunday", 1);
  other.files[0].path = "b.db";
  EXPECT_FALSE(known.find(other, 0, "full", {}));
  other = snapshot("sunday", 1);
  other.sources[0].kind = "file";
  EXPECT_FALSE(known.find(other, 0, "full", {}));
  other = snapshot("sunday", 1);
  other.sources[0].row_counts["t"] = 5;
  EXPECT_FALSE(known.find(other, 0, "full", {}));
}

TEST(KnownProofs, OldOnesFailedOnesAndThoseWithoutTheAssertionsDoNotCount) {
  Snapshot monday = snapshot("monday", 1);
  monday.attestations = {proof("full", 100)};
  KnownProofs known;
  known.add(monday, Timestamp{101});
  EXPECT_FALSE(known.find(monday, 0, "full", {}));
  known.add(monday, Timestamp{100});
  EXPECT_TRUE(known.find(monday, 0, "full", {}));
  EXPECT_TRUE(known.find(monday, 0, "full", {})->taken_from.empty()) << "it is its own";
  EXPECT_FALSE(known.find(monday, 0, "full", {"SELECT 1"}));

  KnownProofs others;
  others.add(monday, proof("full", 100, false));
  monday.attestations.push_back(proof("full", 200, false));
  others.add(monday, Timestamp{0});
  EXPECT_FALSE(others.find(monday, 0, "full", {})) << "what failed later proves nothing";
}

TEST(KnownProofs, OneThreadProvesAContentAndTheOtherWaitsForIt) {
  KnownProofs known;
  const Snapshot monday = snapshot("monday", 1);
  const Snapshot sunday = snapshot("sunday", 1);
  std::optional<KnownProofs::Claim> claim = known.claim(monday, 0, {});
  { const auto other = known.claim(snapshot("sunday", 2), 0, {}); }  // other bytes: at once
  std::optional<Attestation> found;
  std::jthread waiting([&] {
    const auto own = known.claim(sunday, 0, {});
    found = known.find(sunday, 0, "full", {});
  });
  known.add(monday, proof("full"));
  claim.reset();
  waiting.join();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->taken_from, "monday");
}

TEST(KnownProofs, AStopEndsTheWaiting) {
  KnownProofs known;
  const auto claim = known.claim(snapshot("monday", 1), 0, {});
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::interrupted, "interrupted",
               [&] { known.claim(snapshot("sunday", 1), 0, stop.get_token()); });
}

}  // namespace
}  // namespace varve::cli
