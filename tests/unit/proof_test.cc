#include "tools/cli/verified.h"

#include <gtest/gtest.h>

namespace varve::cli {
namespace {

Attestation attestation(const std::string& source, const std::string& level, bool passed) {
  Attestation made;
  made.source = source;
  made.level = level;
  made.passed = passed;
  return made;
}

TEST(Verified, TheNewestAttestationOfASourceCounts) {
  Snapshot snapshot;
  EXPECT_EQ(source_verified(snapshot, "a.db"), "none");
  EXPECT_EQ(newest_attestation(snapshot, "a.db"), nullptr);
  snapshot.attestations = {attestation("a.db", "full", false), attestation("b.db", "full", true)};
  EXPECT_EQ(source_verified(snapshot, "a.db"), "failed");
  EXPECT_EQ(source_verified(snapshot, "b.db"), "full");
  snapshot.attestations.push_back(attestation("a.db", "quick", true));
  EXPECT_EQ(source_verified(snapshot, "a.db"), "quick");
}

TEST(Verified, FailedIsNeverEnough) {
  for (const auto* wanted : {"none", "quick", "full"}) {
    EXPECT_FALSE(is_verified_enough("failed", wanted)) << wanted;
    EXPECT_TRUE(is_verified_enough("full", wanted)) << wanted;
  }
  EXPECT_TRUE(is_verified_enough("none", "none"));
  EXPECT_FALSE(is_verified_enough("none", "quick"));
  EXPECT_TRUE(is_verified_enough("quick", "quick"));
  EXPECT_FALSE(is_verified_enough("quick", "full"));
}

}  // namespace
}  // namespace varve::cli
