// Files that were gone for a while, or that a catalog is too old to know: gc leaves them alone, and
// a repair takes them in.
#include <gtest/gtest.h>

#include <filesystem>

#include "store/core/error.h"
#include "store/repair/repair_catalog.h"
#include "store/repair/repair_packs.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

class GcReturnedFilesTest : public testing::Test {
 protected:
  GcReturnedFilesTest() {
    take(make_pages(random_, 20));
    take(change_pages(random_, states_.back(), 5));
  }

  void take(const Bytes& state) {
    states_.push_back(state);
    snapshots_.push_back(repository_.take(state));
  }

  Path part(const char* name) const { return repository_.path() / name; }
  void move_away(const char* name) {
    fs::rename(part(name), away_ / name);
    fs::create_directory(part(name));
  }
  void put_back(const char* name) {
    fs::copy(away_ / name, part(name),
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }

  void expect_gc_refuses() {
    expect_error(ErrorCode::corrupt, "'varve repair catalog'", [&] { repository_.gc(); });
    EXPECT_TRUE(repository_.check_all().catalog_is_damaged);
  }
  void expect_all_after_repair() {
    repository_.close();
    repair_catalog(repository_.path(), {});
    repository_.reopen();
    repository_.gc();
    repository_.expect_sound();
    EXPECT_EQ(repository_->snapshots().size(), snapshots_.size());
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      repository_.expect_holds(snapshots_[i], states_[i]);
    }
  }

  std::mt19937_64 random_{5};
  TempFolder away_;
  TestRepository repository_;
  std::vector<Bytes> states_;
  std::vector<Snapshot> snapshots_;
};

TEST_F(GcReturnedFilesTest, PacksThatWereGoneDuringARepair) {
  move_away("packs");
  repository_.reopen();
  repair_packs(*repository_, {});
  put_back("packs");
  repository_.reopen();
  expect_gc_refuses();
  expect_all_after_repair();
}

TEST_F(GcReturnedFilesTest, ALostNodeHoldsUpWhatMayLieBelowIt) {
  const std::vector<PackRow> packs = repository_->catalog().packs();
  forget(*repository_, {snapshots_.front().id});
  const Path last = part("packs") / pack_name(packs.back().id).substr(6);
  fs::rename(last, away_ / "pack");
  repository_.reopen();
  repair_packs(*repository_, {});
  const GcResult held_up = repository_.gc();
  EXPECT_TRUE(held_up.is_held_up);
  EXPECT_EQ(held_up.packs_deleted + held_up.packs_rewritten, 0u);

  fs::rename(away_ / "pack", last);
  repository_.reopen();
  repair_packs(*repository_, {});
  EXPECT_FALSE(repository_.gc().is_held_up);
  repository_.expect_sound();
  repository_.expect_holds(snapshots_.back(), states_.back());
}

TEST_F(GcReturnedFilesTest, AnOlderCopyLaidOverTheRepository) {
  repository_.close();
  fs::copy(repository_.path(), away_ / "older", fs::copy_options::recursive);
  repository_.reopen();
  take(change_pages(random_, states_.back(), 3));
  take(make_pages(random_, 10));
  repository_.close();
  fs::copy(away_ / "older", repository_.path(),
           fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  repository_.reopen();
  expect_gc_refuses();
  expect_all_after_repair();
}

TEST_F(GcReturnedFilesTest, RecordsThatWereGoneDuringARepair) {
  move_away("snapshots");
  repository_.close();
  fs::remove(part("catalog.db"));
  expect_error(ErrorCode::failed, "no snapshot's record",
               [&] { repair_catalog(repository_.path(), {}); });
  put_back("snapshots");
  expect_all_after_repair();
}

TEST_F(GcReturnedFilesTest, RecordsThatWereGoneWhereOneSnapshotWasForgotten) {
  take(make_pages(random_, 10));
  Attestation proof;
  proof.source = "db";
  proof.level = "full";
  proof.passed = true;
  repository_->attest(snapshots_.front().id, {proof});
  {
    const IngestSession running(*repository_);
    forget(*repository_, {snapshots_.back().id});
  }
  snapshots_.pop_back();
  states_.pop_back();
  move_away("snapshots");
  repository_.close();
  fs::remove(part("catalog.db"));
  expect_error(ErrorCode::failed, "no snapshot's record",
               [&] { repair_catalog(repository_.path(), {}); });
  put_back("snapshots");
  expect_all_after_repair();
}

// Its trail says forgotten, its row is there.
TEST_F(GcReturnedFilesTest, AForgetThatWasCutShortForgotNothing) {
  Trail(repository_.path()).forget({snapshots_.back().id});
  expect_all_after_repair();
}

TEST_F(GcReturnedFilesTest, OneRecordThatWasGoneDuringARepair) {
  const Path record = repository_.path() / record_name(snapshots_.back().id);
  repository_.close();
  fs::rename(record, away_ / "record");
  fs::remove(part("catalog.db"));
  repair_catalog(repository_.path(), {});
  fs::rename(away_ / "record", record);
  repository_.reopen();
  expect_gc_refuses();
  expect_all_after_repair();
}

TEST_F(GcReturnedFilesTest, AForgottenSnapshotStaysForgotten) {
  {
    const IngestSession running(*repository_);  // keeps the record
    forget(*repository_, {snapshots_.back().id});
  }
  ASSERT_TRUE(fs::exists(repository_.path() / record_name(snapshots_.back().id)));
  snapshots_.pop_back();
  repository_.close();
  fs::remove(part("catalog.db"));
  expect_all_after_repair();
}

}  // namespace
}  // namespace varve
