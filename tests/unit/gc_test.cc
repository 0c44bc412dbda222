#include "store/gc/gc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "store/core/error.h"
#include "store/repository/reader_session.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"
#include "store/transform/digest.h"
#include "tests/support/damaged_data.h"
#include "tests/support/expect_error.h"
#include "tests/support/pausing_source.h"
#include "tests/support/random_bytes.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

std::uint64_t pack_bytes(TestRepository& repository) {
  std::uint64_t bytes = 0;
  for (const BlobInfo& blob : repository->blobs().list("packs/")) bytes += blob.size;
  return bytes;
}

std::size_t pack_files(TestRepository& repository) {
  return repository->blobs().list("packs/").size();
}

// Every file with a hash of its bytes, but for the locks and SQLite's shared memory.
std::map<std::string, ChunkId> contents(const Path& folder) {
  std::map<std::string, ChunkId> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).native();
    if (!entry.is_regular_file() || name.starts_with("locks/") || name.ends_with("-shm")) continue;
    found[name] = chunk_id(read_file(entry.path()));
  }
  return found;
}

class GcTest : public testing::Test {
 protected:
  // Three states of a file, each changed a little from the one before.
  void take_three() {
    bytes_.push_back(make_pages(random_, 40));
    for (int i = 0; i < 2; ++i) bytes_.push_back(change_pages(random_, bytes_.back(), 15));
    for (const Bytes& bytes : bytes_) snapshots_.push_back(repository_.take(bytes));
  }
  void forget_number(std::size_t number) { forget(*repository_, {snapshots_[number].id}); }

  std::mt19937_64 random_{20'261'121};
  TestRepository repository_;
  std::vector<Bytes> bytes_;
  std::vector<Snapshot> snapshots_;
};

TEST_F(GcTest, TakesNothingWhereEverythingIsNeeded) {
  take_three();
  const auto before = contents(repository_.path() / "packs");
  const GcResult result = repository_.gc();
  EXPECT_EQ(result.garbage_bytes, 0u);
  EXPECT_EQ(result.freed_bytes, 0u);
  EXPECT_EQ(result.packs_deleted + result.packs_rewritten, 0u);
  EXPECT_GT(result.live_chunks, 40u);
  EXPECT_EQ(contents(repository_.path() / "packs"), before);
}

TEST_F(GcTest, GivesBackWhatOnlyForgottenSnapshotsNeeded) {
  take_three();
  const Bytes other = make_pages(random_, 30);
  const Snapshot lone = repository_.take(other, "other");
  const std::uint64_t before = pack_bytes(repository_);
  forget(*repository_, {lone.id});
  const GcResult result = repository_.gc();
  EXPECT_EQ(result.packs_deleted, 1u);
  EXPECT_EQ(result.freed_bytes, before - pack_bytes(repository_));
  EXPECT_GT(result.freed_bytes, 30 * 1024u);
  for (std::size_t i = 0; i < 3; ++i) repository_.expect_holds(snapshots_[i], bytes_[i]);
  repository_.expect_sound();
}

// Encrypted or packed files share nothing with what they were: no delta may hold on to that.
TEST_F(GcTest, GivesBackWhatNewContentHasReplaced) {
  constexpr std::size_t kSize = 4u << 20;
  const Snapshot old = repository_.take(random_bytes(kSize, 1), "noise", Chunking::content);
  const Bytes now = random_bytes(kSize, 2);
  const Snapshot kept = repository_.take(now, "noise", Chunking::content);
  forget(*repository_, {old.id});
  EXPECT_GT(repository_.gc().freed_bytes, old.added_bytes * 4 / 5);
  repository_.expect_holds(kept, now);
  repository_.expect_sound();
}

TEST_F(GcTest, EmptyRepositoryGivesEverythingBack) {
  take_three();
  for (std::size_t i = 0; i < 3; ++i) forget_number(i);
  repository_.gc();
  EXPECT_EQ(pack_files(repository_), 0u);
  EXPECT_EQ(repository_->catalog().chunk_count(), 0u);
  EXPECT_TRUE(repository_->catalog().packs().empty());
  EXPECT_TRUE(repository_->blobs().list("snapshots/").empty());
}

TEST_F(GcTest, RewrittenPacksAreSmallerAndNothingIsLeftToDo) {
  take_three();
  forget_number(0);
  forget_number(1);
  const std::uint64_t before = pack_bytes(repository_);
  const GcResult result = repository_.gc();
  EXPECT_GT(result.packs_rewritten, 0u);
  EXPECT_LT(pack_bytes(repository_), before);
  const GcResult again = repository_.gc();
  EXPECT_EQ(again.garbage_bytes, 0u);
  EXPECT_EQ(again.live_chunks, result.live_chunks);
  repository_.expect_holds(snapshots_[2], bytes_[2]);
  repository_.expect_sound();
}

TEST_F(GcTest, LeavesPacksThatAreNotWorthIt) {
  take_three();
  forget_number(1);
  const GcResult result = repository_.gc(0.99);
  EXPECT_GT(result.kept_garbage_bytes, 0u);
  EXPECT_EQ(result.packs_rewritten, 0u);
  EXPECT_EQ(result.garbage_bytes,
            result.freed_bytes + result.kept_garbage_bytes + result.waiting_bytes);
}

TEST_F(GcTest, DryRunTellsTheSameAndChangesNoByte) {
  take_three();
  repository_.take(make_pages(random_, 20), "other");
  forget_number(0);
  forget_number(2);
  repository_->blobs().create(pack_name(Trail(repository_.path()).new_pack()))->commit();
  const auto before = contents(repository_.path());
  const GcResult dry = collect_garbage(*repository_, {.dry_run = true, .worth = 0});
  EXPECT_EQ(contents(repository_.path()), before);
  EXPECT_GT(dry.freed_bytes, 0u);
  const GcResult wet = repository_.gc();
  EXPECT_EQ(dry.live_chunks, wet.live_chunks);
  EXPECT_EQ(dry.live_bytes, wet.live_bytes);
  EXPECT_EQ(dry.garbage_bytes, wet.garbage_bytes);
  EXPECT_EQ(dry.freed_bytes, wet.freed_bytes);
  EXPECT_EQ(dry.kept_garbage_bytes, wet.kept_garbage_bytes);
  EXPECT_EQ(dry.packs_deleted, wet.packs_deleted);
  EXPECT_EQ(dry.packs_rewritten, wet.packs_rewritten);
}

TEST_F(GcTest, OneAtATime) {
  const FileLock lock = lock_gc(*repository_);
  expect_error(ErrorCode::locked, "another gc is running (pid ", [&] { repository_.gc(); });
}

// Of a short history every order of forgetting leaves the others whole.
TEST_F(GcTest, ForgettingInAnyOrderLeavesTheOthersIntact) {
  take_three();
  bytes_.push_back(change_pages(random_, bytes_[0], 3));
  snapshots_.push_back(repository_.take(bytes_.back()));
  repository_.close();
  std::vector<std::size_t> order(snapshots_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    TestRepository copy(repository_.path());
    for (std::size_t gone = 0; gone < order.size(); ++gone) {
      forget(*copy, {snapshots_[order[gone]].id});
      const GcResult result = copy.gc();
      ASSERT_EQ(result.kept_garbage_bytes, 0u);
      ASSERT_NO_FATAL_FAILURE(copy.expect_sound());
      for (std::size_t left = gone + 1; left < order.size(); ++left) {
        copy.expect_holds(snapshots_[order[left]], bytes_[order[left]]);
      }
    }
    EXPECT_EQ(pack_files(copy), 0u);
    ASSERT_FALSE(HasFailure()) << testing::PrintToString(order);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(GcTest, WaitsForAnIngestThatBeganBefore) {
  take_three();
  forget_number(0);
  forget_number(1);
  const auto before = contents(repository_.path() / "packs");
  {
    const IngestSession running(*repository_);
    const GcResult result = repository_.gc();
    EXPECT_GT(result.waiting_bytes, 0u);
    EXPECT_EQ(result.freed_bytes, 0u);
    EXPECT_EQ(contents(repository_.path() / "packs"), before);
    EXPECT_GT(repository_.gc().waiting_bytes, 0u);
  }
  const GcResult result = repository_.gc();
  EXPECT_EQ(result.waiting_bytes, 0u);
  EXPECT_GT(result.freed_bytes, 0u);
  repository_.expect_holds(snapshots_[2], bytes_[2]);
  repository_.expect_sound();
}

TEST_F(GcTest, DoesNotWaitForAnIngestThatBeganAfterTheCondemnation) {
  take_three();
  forget_number(0);
  forget_number(1);
  auto old = std::make_unique<IngestSession>(*repository_);
  EXPECT_GT(repository_.gc().waiting_bytes, 0u);
  const IngestSession young(*repository_);
  EXPECT_GT(repository_.gc().waiting_bytes, 0u);
  old.reset();
  const GcResult result = repository_.gc();
  EXPECT_GT(result.freed_bytes, 0u);
  repository_.expect_sound();
}

TEST_F(GcTest, NeverTakesWhatARunningIngestShares) {
  take_three();
  for (std::size_t i = 0; i < 3; ++i) forget_number(i);
  // All chunks are garbage; the ingest finds those of the first state and shares them. Then gc
  // comes.
  GcResult beside;
  const Snapshot shared = repository_.take(std::make_unique<PausingSource>(
      bytes_[0], [&] { beside = repository_.gc(); }, bytes_[1]));
  EXPECT_GT(beside.waiting_bytes, 0u);
  EXPECT_EQ(beside.freed_bytes, 0u);
  EXPECT_LT(shared.new_bytes, bytes_[0].size());
  repository_.gc();
  repository_.expect_sound();
  EXPECT_TRUE(read_whole(*repository_, shared.files[0]) == bytes_[0]);
  EXPECT_TRUE(read_whole(*repository_, shared.files[1]) == bytes_[1]);
}

// The snapshot that an ingest builds on is forgotten while it runs: its record stays for gc.
TEST_F(GcTest, KeepsWhatARunningIngestInherits) {
  take_three();
  auto blocker = std::make_unique<IngestSession>(*repository_);
  forget_number(0);
  repository_.gc();                     // condemns, and waits for the blocker
  IngestSession running(*repository_);  // knows snapshots 1 and 2
  blocker.reset();
  forget_number(1);
  forget_number(2);
  EXPECT_TRUE(repository_->snapshots().empty());
  repository_.gc();
  // What the running one commits now is still there.
  Snapshot late = snapshots_[2];
  late.id = random_id<SnapshotId>();
  repository_->catalog().commit_snapshot(late.id, late.time, {}, [&](const std::string& name) {
    late.name = name;
    return encode_record(late);
  });
  repository_.expect_holds(late, bytes_[2]);
}

// A chunk whose pack is condemned is stored again; what is built on it must stay readable, and
// it must not come to be built on that.
TEST_F(GcTest, ContentThatComesBackWhileItsPackIsCondemned) {
  take_three();
  forget_number(0);
  auto blocker = std::make_unique<IngestSession>(*repository_);
  repository_.gc();
  const Snapshot back = repository_.take(bytes_[0]);
  repository_.expect_sound();
  blocker.reset();
  repository_.gc();
  repository_.expect_sound();
  repository_.expect_holds(back, bytes_[0]);
  for (std::size_t i = 1; i < 3; ++i) repository_.expect_holds(snapshots_[i], bytes_[i]);
}

TEST_F(GcTest, KeepsWhatAReaderHasPinned) {
  take_three();
  ReaderSession reader(*repository_, "a test");
  reader.pin({snapshots_[1]});
  for (std::size_t i = 0; i < 3; ++i) forget_number(i);
  repository_.gc();
  repository_.expect_holds(snapshots_[1], bytes_[1]);
  reader.keep_only({});
  repository_.gc();
  EXPECT_EQ(pack_files(repository_), 0u);
}

TEST_F(GcTest, RemovesWhatTheTrailOfADeadCommandNames) {
  take_three();
  std::string name;
  const auto leave = [&](Trail& trail) {
    name = pack_name(trail.new_pack());
    const auto pack = repository_->blobs().create(name);
    pack->append(as_bytes("what a crash left"));
    pack->commit();
  };
  {
    Trail running(repository_.path());
    leave(running);
    EXPECT_EQ(repository_.gc().freed_bytes, 0u);
    EXPECT_NE(repository_->blobs().open(name), nullptr);
  }
  const IngestSession other(*repository_);
  EXPECT_EQ(repository_.gc().freed_bytes, 17u);
  EXPECT_EQ(repository_->blobs().open(name), nullptr);
  EXPECT_TRUE(names_on_trails(repository_.path()).packs.empty());
}

TEST_F(GcTest, TouchesNothingThatNeitherCatalogNorTrailKnows) {
  take_three();
  for (const char* name :
       {"packs/aa/aaaaaaaaaaaaaaaa", "snapshots/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    SCOPED_TRACE(name);
    repository_->blobs().create(name)->commit();
    expect_error(ErrorCode::corrupt, std::string("the catalog does not know ") + name,
                 [&] { repository_.gc(); });
    const CheckResult result = repository_.check_all();
    EXPECT_TRUE(result.catalog_is_damaged);
    EXPECT_EQ(result.damage.at(0).what, std::string("catalog: it does not know ") + name);
    repository_->blobs().remove(name);
  }
  repository_.gc();
}

TEST_F(GcTest, MergesManySmallPacks) {
  Bytes bytes = make_pages(random_, 12);
  std::vector<Bytes> states;
  for (int i = 0; i < 70; ++i) {
    bytes = change_pages(random_, bytes, 2);
    states.push_back(bytes);
    snapshots_.push_back(repository_.take(bytes));
  }
  EXPECT_EQ(pack_files(repository_), 70u);
  const GcResult result = repository_.gc(0.5);
  EXPECT_EQ(result.packs_rewritten, 70u);
  EXPECT_EQ(pack_files(repository_), 1u);
  repository_.expect_sound();
  for (std::size_t i = 0; i < states.size(); ++i)
    repository_.expect_holds(snapshots_[i], states[i]);
}

TEST_F(GcTest, LeavesADamagedObjectWhereItIs) {
  take_three();
  forget_number(1);
  const Path pack = repository_.path() / pack_name(repository_->catalog().packs().front().id);
  damage_data(pack);
  repository_.reopen();
  ASSERT_EQ(repository_.check_all().damage.size(), 1u);
  repository_.gc();
  repository_.reopen();
  const CheckResult result = repository_.check_all();
  ASSERT_EQ(result.damage.size(), 1u);
  EXPECT_NE(result.damage[0].what.find(pack.filename().native()), std::string::npos);
  // With the hurt snapshots forgotten it goes like everything else.
  forget_number(0);
  forget_number(2);
  repository_.gc();
  EXPECT_EQ(pack_files(repository_), 0u);
}

TEST_F(GcTest, StopsWhenAsked) {
  take_three();
  forget_number(0);
  std::stop_source stop;
  stop.request_stop();
  expect_error(ErrorCode::interrupted, "",
               [&] { collect_garbage(*repository_, {.worth = 0, .stop = stop.get_token()}); });
  repository_.expect_sound();
}

// A dead delta in a pack that is not worth copying may be shared again: its base stays with it.
TEST_F(GcTest, GarbageThatStaysKeepsWhatItStandsOn) {
  std::mt19937_64 random(29);
  TestRepository repository;
  const Bytes first = make_pages(random, 12);
  Bytes second = make_pages(random, 12);
  std::copy_n(first.begin(), kTestExtent, second.begin());
  second[7] ^= std::byte{1};  // one delta, and eleven pages of its own
  Bytes third = second;
  const Bytes fresh = make_pages(random, 1);
  std::copy(fresh.begin(), fresh.end(), third.begin());
  const Snapshot oldest = repository.take(first);
  const Snapshot old = repository.take(second);
  const Snapshot kept = repository.take(third);
  forget(*repository, {oldest.id, old.id});
  repository.gc(0.5);
  repository.reopen();
  const Snapshot back = repository.take(second);
  repository.expect_holds(back, second);
  repository.expect_sound();
  repository.expect_holds(kept, third);
  forget(*repository, {back.id});
  repository.gc();
  repository.gc();
  EXPECT_EQ(repository.gc().garbage_bytes, 0U);
  repository.expect_holds(kept, third);
}

// Random histories against a map of what must be there.
class GcHistoryTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(GcHistoryTest, EverySnapshotStaysWhole) {
  std::mt19937_64 random(GetParam());
  TestRepository repository;
  std::map<SnapshotId, std::pair<Snapshot, Bytes>> expected;
  std::vector<Bytes> states = {make_pages(random, 24)};
  std::unique_ptr<IngestSession> running;
  for (int step = 0; step < 40; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
      case 2: {
        // Back to an older state, or on from one.
        Bytes bytes = states[random() % states.size()];
        if (random() % 4 != 0) bytes = change_pages(random, std::move(bytes), random() % 12);
        if (random() % 5 == 0) bytes.resize(random() % (30 * kTestExtent));
        const auto chunking = random() % 4 == 0 ? Chunking::content : Chunking::extents;
        const Snapshot snapshot = repository.take(bytes, random() % 3 == 0 ? "a" : "b", chunking);
        states.push_back(bytes);
        expected[snapshot.id] = {snapshot, bytes};
        break;
      }
      case 3:
      case 4:
        if (!expected.empty()) {
          const auto victim =
              std::next(expected.begin(), static_cast<std::ptrdiff_t>(random() % expected.size()));
          forget(*repository, {victim->first});
          expected.erase(victim);
        }
        break;
      case 5:
        // An ingest that runs beside the others for a while.
        if (running) {
          running.reset();
        } else {
          running = std::make_unique<IngestSession>(*repository);
        }
        break;
      default:
        repository.gc(static_cast<double>(random() % 3) / 4);
        repository.reopen();  // what is read from now on is on disk
        break;
    }
    for (const auto& [id, kept] : expected) repository.expect_holds(kept.first, kept.second);
    ASSERT_FALSE(HasFailure()) << "seed " << GetParam() << ", step " << step;
  }
  running.reset();
  repository.gc();
  repository.expect_sound();
}

INSTANTIATE_TEST_SUITE_P(Seeds, GcHistoryTest, testing::Range<std::uint64_t>(1, 31));

}  // namespace
}  // namespace varve
