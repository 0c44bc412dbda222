#include "store/repair/repair_records.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "store/repository/record_files.h"
#include "tests/support/failing_parts.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

// Calls `before_create` once, before a record is written.
class HookedBackend : public FailingBackend {
 public:
  HookedBackend(std::unique_ptr<BlobBackend> blobs, FaultClock& clock, std::function<void()>& hook)
      : FailingBackend(std::move(blobs), clock), before_create_(hook) {}
  std::unique_ptr<BlobWriter> create(const std::string& name) override {
    if (before_create_) std::exchange(before_create_, nullptr)();
    return FailingBackend::create(name);
  }

 private:
  std::function<void()>& before_create_;
};

class RepairRecordsTest : public testing::Test {
 protected:
  RepairRecordsTest() {
    bytes_ = make_pages(random_, 6);
    kept_ = repository_.take(bytes_);
    hurt_ = repository_.take(change_pages(random_, bytes_, 2));
    repository_.reopen([this](RepositoryParts parts) {
      return RepositoryParts{
          std::make_unique<HookedBackend>(std::move(parts.blobs), clock_, before_create_),
          std::move(parts.catalog)};
    });
    std::filesystem::remove(record_of_hurt());
  }
  Path record_of_hurt() const { return repository_.path() / record_name(hurt_.id); }

  std::mt19937_64 random_{13};
  FaultClock clock_{~std::uint64_t{0}};
  std::function<void()> before_create_;
  TestRepository repository_;
  Bytes bytes_;
  Snapshot kept_;
  Snapshot hurt_;
};

TEST_F(RepairRecordsTest, AMissingRecordComesBack) {
  const MendedRecords mended = mend_records(*repository_, false);
  EXPECT_EQ(mended.mended.size(), 1U);
  EXPECT_EQ(mended.snapshots.size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(record_of_hurt()));
  repository_.expect_sound();
}

// Somebody forgets the snapshot after the repair has read its row: its record must not be there
// when both have ended, or the next gc would find a stranger.
TEST_F(RepairRecordsTest, ARecordThatIsForgottenMeanwhileStaysAway) {
  before_create_ = [&] { forget(*repository_, {hurt_.id}); };
  const MendedRecords mended = mend_records(*repository_, false);
  ASSERT_FALSE(before_create_) << "nothing was written";
  EXPECT_TRUE(mended.mended.empty());
  EXPECT_FALSE(std::filesystem::exists(record_of_hurt()));
  repository_.gc();
  repository_.expect_sound();
  repository_.expect_holds(kept_, bytes_);
}

}  // namespace
}  // namespace varve
