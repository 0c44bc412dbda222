#include "store/gc/forget.h"

#include <gtest/gtest.h>

#include "store/repository/session.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

class ForgetTest : public testing::Test {
 protected:
  ForgetTest() {
    first_ = repository_.take(make_pages(random_, 3));
    second_ = repository_.take(make_pages(random_, 3));
    Attestation attestation;
    attestation.source = attestation.file = "db";
    attestation.level = "quick";
    repository_->attest(first_.id, {attestation});
    repository_->attest(second_.id, {attestation});
  }
  bool is_on_disk(const Snapshot& snapshot) const {
    const bool record = repository_->blobs().open(record_name(snapshot.id)) != nullptr;
    const bool attested = !repository_->blobs().list(attestation_prefix(snapshot.id)).empty();
    EXPECT_EQ(record, attested);
    return record;
  }

  std::mt19937_64 random_{1};
  TestRepository repository_;
  Snapshot first_;
  Snapshot second_;
};

TEST_F(ForgetTest, RowRecordAndAttestationsGo) {
  EXPECT_EQ(forget(*repository_, {first_.id, random_id<SnapshotId>()}), 1u);
  ASSERT_EQ(repository_->snapshots().size(), 1u);
  EXPECT_EQ(repository_->snapshots().front().id, second_.id);
  EXPECT_FALSE(is_on_disk(first_));
  EXPECT_TRUE(is_on_disk(second_));
  EXPECT_EQ(forget(*repository_, {first_.id}), 0u);
  repository_.expect_sound();
}

TEST_F(ForgetTest, RecordsStayWhileAnIngestRuns) {
  {
    const IngestSession running(*repository_);
    EXPECT_EQ(forget(*repository_, {first_.id}), 1u);
    EXPECT_EQ(repository_->snapshots().size(), 1u);
    EXPECT_TRUE(is_on_disk(first_));
    repository_.gc();
    EXPECT_TRUE(is_on_disk(first_));
  }
  repository_.gc();
  EXPECT_FALSE(is_on_disk(first_));
  EXPECT_TRUE(is_on_disk(second_));
}

}  // namespace
}  // namespace varve
