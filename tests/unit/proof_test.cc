#include "store/snapshots/proof.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

Attestation attestation(const std::string& source, const std::string& level, bool passed,
                        std::int64_t time = 0) {
  Attestation made;
  made.source = source;
  made.level = level;
  made.passed = passed;
  made.time = {time};
  return made;
}

Snapshot of(const std::vector<Attestation>& attestations) {
  Snapshot snapshot;
  snapshot.sources.resize(1);
  snapshot.sources[0].name = "a.db";
  snapshot.attestations = attestations;
  return snapshot;
}

TEST(Proof, TheBestThatPassedCounts) {
  EXPECT_EQ(of({}).verified("a.db"), "none");
  EXPECT_EQ(of({attestation("b.db", "full", true)}).verified("a.db"), "none");
  const Snapshot snapshot =
      of({attestation("a.db", "quick", true), attestation("a.db", "drill", true),
          attestation("a.db", "full", true)});
  EXPECT_EQ(snapshot.verified("a.db"), "drill");
  EXPECT_EQ(snapshot.verified(), "drill");
}

TEST(Proof, AFailureStandsUntilAProofAsGood) {
  std::vector<Attestation> all = {attestation("a.db", "drill", true),
                                  attestation("a.db", "full", false)};
  EXPECT_EQ(of(all).verified("a.db"), "failed");
  all.push_back(attestation("a.db", "quick", true));
  EXPECT_EQ(of(all).verified("a.db"), "failed") << "quick_check sees less";
  EXPECT_EQ(deciding_attestation(of(all), "a.db")->passed, false);
  all.push_back(attestation("a.db", "full", true));
  EXPECT_EQ(of(all).verified("a.db"), "full") << "what was before the failure is no proof any more";
}

TEST(Proof, ASnapshotIsAsGoodAsItsWorstSource) {
  Snapshot snapshot = of({attestation("a.db", "drill", true)});
  snapshot.sources.resize(2);
  snapshot.sources[1].name = "b.db";
  EXPECT_EQ(snapshot.verified(), "none");
  snapshot.attestations.push_back(attestation("b.db", "quick", true));
  EXPECT_EQ(snapshot.verified(), "quick");
  snapshot.attestations.push_back(attestation("b.db", "quick", false));
  EXPECT_EQ(snapshot.verified(), "failed");
  EXPECT_EQ(Snapshot().verified(), "none");
}

TEST(Proof, FailedIsNeverEnough) {
  for (const auto* wanted : {"none", "quick", "full", "drill"}) {
    EXPECT_FALSE(is_proven_enough("failed", wanted)) << wanted;
    EXPECT_TRUE(is_proven_enough("drill", wanted)) << wanted;
  }
  EXPECT_TRUE(is_proven_enough("none", "none"));
  EXPECT_FALSE(is_proven_enough("none", "quick"));
  EXPECT_TRUE(is_proven_enough("quick", "quick"));
  EXPECT_FALSE(is_proven_enough("quick", "full"));
  EXPECT_FALSE(is_proven_enough("full", "drill"));
}

TEST(Proof, ItsAgeIsThatOfTheNewestProofAsGood) {
  std::vector<Attestation> all = {attestation("a.db", "drill", true, 100),
                                  attestation("a.db", "full", true, 200),
                                  attestation("a.db", "quick", true, 300)};
  EXPECT_EQ(proven_at(of(all), "a.db", "drill"), Timestamp{100});
  EXPECT_EQ(proven_at(of(all), "a.db", "full"), Timestamp{200});
  EXPECT_EQ(proven_at(of(all), "a.db", "quick"), Timestamp{300});
  EXPECT_EQ(proven_at(of(all), "b.db", "quick"), std::nullopt);
  all.push_back(attestation("a.db", "quick", false, 400));
  EXPECT_EQ(proven_at(of(all), "a.db", "quick"), std::nullopt);
}

}  // namespace
}  // namespace varve
