#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "store/repair/repair_packs.h"
#include "store/repository/losses.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/failing_parts.h"
#include "tests/unit/repair_packs_fixture.h"

namespace varve {
namespace {

TEST_F(RepairPacksTest, StopsWithoutAChange) {
  flip(repository_, 2, last_byte(objects_in(repository_, 2, ObjectKind::data).at(3)));
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::interrupted, "",
               [&] { repair_packs(*repository_, {.from = {}, .stop = stop.get_token()}); });
  EXPECT_EQ(repository_->blobs().list("packs/").size(), 4u);
}

// Cut short at every step that it takes with the catalog or the blobs: the next one ends it, and a
// gc or an ingest in between loses nothing.
TEST_F(RepairPacksTest, CutShortAnywhereTheNextOneFinishes) {
  flip(repository_, 0, last_byte(objects_in(repository_, 0, ObjectKind::data).at(3)));
  flip(repository_, 1, std::filesystem::file_size(pack_file(repository_, 1)) - 3);
  repository_.close();
  TestRepository undisturbed(repository_.path());
  const std::set<std::string> wanted = files_of(repair(undisturbed));
  bool finished = false;
  std::uint64_t steps = 0;
  for (; !finished; ++steps) {
    TestRepository repository(repository_.path());
    FaultClock clock(steps + 1);
    repository.reopen(failing_parts(clock));
    const auto error = error_of([&] { repair_packs(*repository, {}); });
    finished = !clock.has_failed();
    EXPECT_EQ(!error, finished);
    repository.reopen();
    if (steps % 3 == 1) repository.gc();
    if (steps % 3 == 2) {
      // Before the repair says what is lost, an ingest cannot know that its last one is hurt.
      const LostKeys lost = read_lost(repository.path());
      const bool told = !lost.empty() && std::ranges::none_of(lost, [&](ChunkKey key) {
        return repository->catalog().find(key).has_value();
      });
      const Snapshot next = repository.take(states_[1]);
      if (told) repository.expect_holds(next, states_[1]);
    }
    const PackRepairResult result = repair(repository);
    if (steps % 3 != 2) {
      EXPECT_EQ(files_of(result), wanted);
      expect_told(repository, result);
    }
    ASSERT_FALSE(HasFailure()) << "step " << steps;
    if (steps % 7 != 0 && !finished) continue;
    repository.expect_holds(repository.take(states_[1]), states_[1]);
    repository.gc();
    repository.expect_holds(repository.take(states_[0]), states_[0]);
    repair(repository);
    expect_all_holds(repository);
    ASSERT_FALSE(HasFailure()) << "step " << steps;
  }
  EXPECT_GT(steps, 30u);
}

TEST_F(RepairPacksTest, KilledAnywhereTheNextOneFinishes) {
  flip(repository_, 0, last_byte(objects_in(repository_, 0, ObjectKind::data).at(3)));
  std::filesystem::remove(pack_file(repository_, 2));
  repository_.close();
  TestRepository undisturbed(repository_.path());
  const std::set<std::string> wanted = files_of(repair(undisturbed));
  bool finished = false;
  for (std::uint64_t step = 1; !finished; step += 9) {
    TestRepository repository(repository_.path());
    repository.close();
    Child child([&] {
      FaultClock clock(step, FaultClock::End::kill);
      repository.reopen(failing_parts(clock));
      repair_packs(*repository, {});
      return 0;
    });
    const int status = child.wait();
    finished = status == 0;
    EXPECT_TRUE(finished || status == -SIGKILL) << status;
    repository.reopen();
    const PackRepairResult result = repair(repository);
    EXPECT_EQ(files_of(result), wanted);
    expect_told(repository, result);
    repository.gc();
    expect_told(repository, repair(repository));
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
}

// --- disks that fail ----------------------------------------------------------------------------

// Reading across this place of the packs that were there first is an I/O error.
constexpr std::uint64_t kBadPlace = 9000;

class BadBlob : public Blob {
 public:
  explicit BadBlob(std::unique_ptr<Blob> blob) : blob_(std::move(blob)) {}
  std::uint64_t size() const override { return blob_->size(); }
  void read_exact_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset <= kBadPlace && kBadPlace < offset + out.size()) {
      throw Error(ErrorCode::io, "cannot read: Input/output error");
    }
    blob_->read_exact_at(offset, out);
  }

 private:
  const std::unique_ptr<Blob> blob_;
};

class BadDisk : public BlobBackend {
 public:
  explicit BadDisk(std::unique_ptr<BlobBackend> blobs) : blobs_(std::move(blobs)) {
    for (const BlobInfo& blob : blobs_->list("packs/")) bad_.insert(blob.name);
  }
  std::unique_ptr<Blob> open(const std::string& name) override {
    std::unique_ptr<Blob> blob = blobs_->open(name);
    if (!blob || !bad_.contains(name)) return blob;
    return std::make_unique<BadBlob>(std::move(blob));
  }
  std::unique_ptr<BlobWriter> create(const std::string& name) override {
    return blobs_->create(name);
  }
  bool remove(const std::string& name) override { return blobs_->remove(name); }
  bool rename(const std::string& from, const std::string& to) override {
    return blobs_->rename(from, to);
  }
  std::vector<BlobInfo> list(const std::string& prefix) override { return blobs_->list(prefix); }
  std::uint64_t remove_leftovers() override { return blobs_->remove_leftovers(); }

 private:
  const std::unique_ptr<BlobBackend> blobs_;
  std::set<std::string> bad_;
};

// Whether the sector that is not given back holds a part of a manifest node: then all that the node
// leads to is lost with it. Which objects lie where is a matter of which thread was first.
bool hits_a_node(TestRepository& repository) {
  constexpr std::uint64_t kSector = 4096;
  const std::uint64_t begin = kBadPlace / kSector * kSector;
  for (std::size_t pack = 0; pack < repository->catalog().packs().size(); ++pack) {
    for (const PackEntry& node : objects_in(repository, pack, ObjectKind::node)) {
      if (node.offset < begin + kSector && node.offset + node.length > begin) return true;
    }
  }
  return false;
}

TEST_F(RepairPacksTest, WhatTheDiskDoesNotGiveBackIsLostAndNothingElse) {
  const bool loses_a_node = hits_a_node(repository_);

  repository_.close();
  for (const bool footer_is_damaged : {false, true}) {
    TestRepository repository(repository_.path());
    if (footer_is_damaged) {  // then the pack is looked through
      flip(repository, 0, std::filesystem::file_size(pack_file(repository, 0)) - 4);
    }
    repository.reopen([](RepositoryParts parts) {
      return RepositoryParts{std::make_unique<BadDisk>(std::move(parts.blobs)),
                             std::move(parts.catalog)};
    });
    const PackRepairResult result = repair(repository);
    EXPECT_GE(result.damaged.size(), 2u);
    EXPECT_GE(result.lost_chunks, 1u);
    for (const HurtFile& file : result.hurt) {
      std::uint64_t lost = 0;
      for (const ByteRange& range : file.ranges) lost += range.length;
      EXPECT_LE(lost, loses_a_node ? 32 * kTestExtent : 3 * kTestExtent) << file.path;
    }
    expect_told(repository, result);
  }
}

}  // namespace
}  // namespace varve
