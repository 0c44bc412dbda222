// gc cut short at every step that it takes with the catalog or the blobs.
#include <gtest/gtest.h>

#include "store/core/error.h"
#include "store/gc/gc.h"
#include "store/repository/reserve.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"
#include "tests/support/failing_parts.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

class GcCrashTest : public testing::Test {
 protected:
  // A repository with packs that are all garbage, packs to be rewritten, and a crash's leftover.
  void SetUp() override {
    Bytes bytes = make_pages(random_, 20);
    std::vector<SnapshotId> forgotten;
    for (int i = 0; i < 5; ++i) {
      const Snapshot snapshot = original_.take(bytes);
      if (i % 2 == 0) {
        forgotten.push_back(snapshot.id);
      } else {
        kept_.emplace_back(snapshot, bytes);
      }
      bytes = change_pages(random_, std::move(bytes), 8);
    }
    forgotten.push_back(original_.take(make_pages(random_, 10), "other").id);
    const auto orphan = original_->blobs().create(pack_name(Trail(original_.path()).new_pack()));
    orphan->append(as_bytes("orphan"));
    orphan->commit();
    forget(*original_, forgotten);
    original_.close();
  }

  void expect_kept(TestRepository& repository) {
    repository.expect_sound();
    for (const auto& [snapshot, bytes] : kept_) repository.expect_holds(snapshot, bytes);
  }

  std::uint64_t pack_bytes(TestRepository& repository) {
    std::uint64_t bytes = 0;
    for (const BlobInfo& blob : repository->blobs().list("packs/")) bytes += blob.size;
    return bytes;
  }

  std::mt19937_64 random_{7};
  TestRepository original_;
  std::vector<std::pair<Snapshot, Bytes>> kept_;
};

TEST_F(GcCrashTest, LosesNothingAndTheNextGcFinishes) {
  TestRepository undisturbed(original_.path());
  undisturbed.gc();
  const std::uint64_t wanted = pack_bytes(undisturbed);

  bool finished = false;
  std::uint64_t steps = 0;
  while (!finished) {
    ++steps;
    TestRepository repository(original_.path());
    FaultClock clock(steps);
    repository.reopen(failing_parts(clock));
    try {
      repository.gc();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::io) << error.what();
    }
    finished = !clock.has_failed();
    repository.reopen();
    ASSERT_NO_FATAL_FAILURE(expect_kept(repository)) << "step " << steps;
    const GcResult rest = repository.gc();
    EXPECT_EQ(rest.kept_garbage_bytes + rest.waiting_bytes, 0u);
    EXPECT_EQ(pack_bytes(repository), wanted) << "step " << steps;
    EXPECT_EQ(repository->catalog().packs().size(), repository->blobs().list("packs/").size());
    expect_kept(repository);
    ASSERT_FALSE(HasFailure()) << "step " << steps;
  }
  EXPECT_GT(steps, 50u);
}

// An ingest beside the wreck of a gc shares nothing that the next gc takes.
TEST_F(GcCrashTest, AnIngestAfterTheCrashIsSafe) {
  bool finished = false;
  for (std::uint64_t step = 1; !finished; step += 3) {
    TestRepository repository(original_.path());
    FaultClock clock(step);
    repository.reopen(failing_parts(clock));
    try {
      repository.gc();
    } catch (const Error&) {
    }
    finished = !clock.has_failed();
    repository.reopen();
    const Bytes old = kept_.front().second;
    const Bytes changed = change_pages(random_, old, 5);
    const Snapshot same = repository.take(old, "again");
    const Snapshot next = repository.take(changed);
    repository.gc();
    expect_kept(repository);
    repository.expect_holds(same, old);
    repository.expect_holds(next, changed);
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
}

TEST_F(GcCrashTest, MakesProgressOnAFullDisk) {
  SmallDisk disk(24u << 20);
  const Path path = disk / "repo";
  Repository::create(path, small_config());
  auto repository = Repository::open(path);
  std::vector<Snapshot> snapshots;
  std::vector<Bytes> states;
  const auto take = [&](const Bytes& bytes, std::int64_t second) {
    IngestRequest request;
    request.sources.push_back(std::make_unique<MemorySource>(
        "db", std::vector<MemoryFile>{{.path = "db", .bytes = bytes}}));
    request.time = Timestamp{1'700'000'000 + second};
    snapshots.push_back(ingest(*repository, std::move(request)).snapshot);
    states.push_back(bytes);
  };
  Bytes bytes = make_pages(random_, 300);
  for (int i = 0; i < 6; ++i) {
    take(bytes, i);
    bytes = change_pages(random_, std::move(bytes), 200);
  }
  take(make_pages(random_, 600), 10);
  forget(*repository, {snapshots[0].id, snapshots[1].id, snapshots[6].id});
  disk.fill();
  ASSERT_EQ(disk.free_bytes(), 0u);
  const GcResult result = collect_garbage(*repository, {.worth = 0});
  EXPECT_GT(result.freed_bytes, 1u << 20);
  EXPECT_GT(disk.free_bytes(), 1u << 20);
  repository = Repository::open(path);
  EXPECT_TRUE(check(*repository, {.read_data = true}).damage.empty());
  for (std::size_t i = 2; i < 6; ++i) {
    EXPECT_TRUE(read_whole(*repository, snapshots[i].files.front()) == states[i]);
  }
  // With room again the reserve is back.
  disk.empty();
  collect_garbage(*repository, {.worth = 0});
  EXPECT_EQ(std::filesystem::file_size(path / "reserve"), kReserveBytes);
}

}  // namespace
}  // namespace varve
