// What others do in the very moments between gc's looks.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "store/gc/gc.h"
#include "store/repository/record_files.h"
#include "store/repository/session.h"
#include "store/repository/trail.h"
#include "tests/support/failing_parts.h"
#include "tests/support/pausing_source.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};

struct Hooks {
  std::function<void()> before_condemn;  // once, when gc has looked and is about to condemn
  std::function<void()> after_list;      // once, when packs were listed and nothing else looked at
  bool refuses_commits = false;          // of ingests, when their packs are there
};

class HookedCatalog : public FailingCatalog {
 public:
  HookedCatalog(std::unique_ptr<Catalog> catalog, FaultClock& clock, Hooks& hooks)
      : FailingCatalog(std::move(catalog), clock), hooks_(hooks) {}
  std::uint64_t condemn(const std::vector<PackId>& packs) override {
    if (hooks_.before_condemn) std::exchange(hooks_.before_condemn, nullptr)();
    return FailingCatalog::condemn(packs);
  }
  SnapshotRow commit_snapshot(
      const SnapshotId& id, Timestamp time, const std::vector<NewPack>& packs,
      const std::function<Bytes(const std::string& name)>& make_record) override {
    if (hooks_.refuses_commits) throw Error(ErrorCode::io, "the disk is gone");
    return FailingCatalog::commit_snapshot(id, time, packs, make_record);
  }

 private:
  Hooks& hooks_;
};

class HookedBackend : public FailingBackend {
 public:
  HookedBackend(std::unique_ptr<BlobBackend> blobs, FaultClock& clock, Hooks& hooks)
      : FailingBackend(std::move(blobs), clock), hooks_(hooks) {}
  std::vector<BlobInfo> list(const std::string& prefix) override {
    std::vector<BlobInfo> blobs = FailingBackend::list(prefix);
    if (hooks_.after_list && prefix == "packs/") std::exchange(hooks_.after_list, nullptr)();
    return blobs;
  }

 private:
  Hooks& hooks_;
};

class GcRaceTest : public testing::Test {
 protected:
  GcRaceTest() {
    bytes_ = make_pages(random_, 12);
    repository_.take(bytes_);
    bytes_ = change_pages(random_, bytes_, 6);
    last_ = repository_.take(bytes_);
    repository_.reopen([this](RepositoryParts parts) {
      return RepositoryParts{
          std::make_unique<HookedBackend>(std::move(parts.blobs), clock_, hooks_),
          std::make_unique<HookedCatalog>(std::move(parts.catalog), clock_, hooks_)};
    });
  }

  void forget_all() {
    std::vector<SnapshotId> ids;
    for (const Snapshot& snapshot : repository_->snapshots()) ids.push_back(snapshot.id);
    forget(*repository_, ids);
  }

  // What an ingest's commit does, with nothing stored: everything is shared.
  Snapshot commit_like(Snapshot snapshot) {
    snapshot.id = random_id<SnapshotId>();
    repository_->catalog().commit_snapshot(
        snapshot.id, snapshot.time, {}, [&](const std::string& name) {
          snapshot.name = name;
          Bytes record = encode_record(snapshot);
          const auto blob = repository_->blobs().create(record_name(snapshot.id));
          blob->append(record);
          blob->commit();
          return record;
        });
    return snapshot;
  }

  // Stores something, and dies before its commit.
  void fail_to_ingest() {
    hooks_.refuses_commits = true;
    EXPECT_THROW(repository_.take(make_pages(random_, 8), "other"), Error);
    hooks_.refuses_commits = false;
  }
  std::set<std::string> pack_files() {
    std::set<std::string> names;
    for (const BlobInfo& blob : repository_->blobs().list("packs/")) names.insert(blob.name);
    return names;
  }

  std::mt19937_64 random_{3};
  FaultClock clock_{kNever};
  Hooks hooks_;
  TestRepository repository_;
  Bytes bytes_;
  Snapshot last_;
};

TEST_F(GcRaceTest, AnIngestEndsBetweenTheLookAndTheCondemnation) {
  forget_all();
  auto running = std::make_unique<IngestSession>(*repository_);  // shares what it finds
  Snapshot late;
  hooks_.before_condemn = [&] {
    late = commit_like(last_);
    running.reset();
  };
  repository_.gc();
  ASSERT_FALSE(hooks_.before_condemn) << "gc did not come to condemn";
  repository_.expect_holds(late, bytes_);
  repository_.expect_sound();
}

TEST_F(GcRaceTest, AnIngestBeginsBetweenTheLookAndTheCondemnation) {
  forget(*repository_, {repository_->snapshots().front().id});
  std::unique_ptr<IngestSession> running;
  hooks_.before_condemn = [&] { running = std::make_unique<IngestSession>(*repository_); };
  const GcResult result = repository_.gc();
  EXPECT_GT(result.waiting_bytes, 0u);
  EXPECT_EQ(result.freed_bytes, 0u);
  forget_all();
  repository_.gc();
  const Snapshot late = commit_like(last_);
  running.reset();
  repository_.gc();
  repository_.expect_holds(late, bytes_);
  repository_.expect_sound();
}

TEST_F(GcRaceTest, AnIngestCommitsItsPackBetweenTheListingAndTheCatalog) {
  const Bytes fresh = make_pages(random_, 8);
  Snapshot late;
  hooks_.after_list = [&] { late = repository_.take(fresh, "other"); };
  repository_.gc();
  repository_.expect_holds(late, fresh);
  repository_.expect_sound();
}

// A pack is there, its ingest has ended, and its commit came after gc had listed the packs.
TEST_F(GcRaceTest, APackThatWasListedBeforeItsCommitIsNoOrphan) {
  const Bytes fresh = make_pages(random_, 8);
  const Snapshot late = repository_.take(fresh, "other");
  const PackRow pack = repository_->catalog().packs().back();
  std::vector<ChunkRow> rows;
  for (const PackEntry& entry : repository_->packs().entries(pack.id)) {
    rows.push_back({ref_of(entry.parsed.header.id), entry.offset, entry.length, false});
  }
  // Undo the commit: the pack and the record are durable, the session runs.
  const Bytes record = repository_->catalog().snapshot(late.id)->record;
  repository_->catalog().forget({late.id});
  repository_->catalog().drop_packs({pack.id});
  std::vector<ChunkRef> refs;
  for (const ChunkRow& row : rows) refs.push_back(row.ref);
  repository_->catalog().purge_dropped(pack.id, refs);
  auto running = std::make_unique<IngestSession>(*repository_);
  hooks_.after_list = [&] {
    repository_->catalog().commit_snapshot(late.id, late.time, {{pack.id, pack.size, rows}},
                                           [&](const std::string&) { return record; });
    running.reset();
  };
  repository_.gc();
  repository_.expect_holds(late, fresh);
  repository_.expect_sound();
}

// Wherever it happens, its packs are garbage to this gc or to the next, and never strangers.
TEST_F(GcRaceTest, AnIngestFailsBehindEachListing) {
  bool was_reached = true;
  for (int number = 1; was_reached; ++number) {
    SCOPED_TRACE(number);
    int left = number;
    std::function<void()> count_down = [&] {
      if (--left > 0) {
        hooks_.after_list = count_down;
      } else {
        fail_to_ingest();
      }
    };
    hooks_.after_list = count_down;
    repository_.gc();
    was_reached = left == 0;
    hooks_.after_list = nullptr;
    EXPECT_NO_THROW(repository_.gc());
    std::set<std::string> known;
    for (const PackRow& pack : repository_->catalog().packs()) known.insert(pack_name(pack.id));
    EXPECT_EQ(pack_files(), known);
    EXPECT_TRUE(DeadTrail::find_all(repository_.path()).empty());
  }
  repository_.expect_holds(last_, bytes_);
}

// Two ingests store one chunk, as a delta and whole. The whole one is committed first, something
// is built on it, and gc condemns its pack, all while the other still runs: its delta must not
// take the place of the whole one, which other deltas stand on.
TEST_F(GcRaceTest, AnOlderIngestDoesNotReplaceWhatOthersStandOn) {
  const Bytes base = make_pages(random_, 8);
  repository_.take(std::make_unique<PausingSource>(
      base, [] {}, base));
  const Bytes common = change_pages(random_, base, 8);
  const Bytes above = change_pages(random_, common, 8);
  Snapshot built;
  const Snapshot slow = repository_.take(std::make_unique<PausingSource>(
      common,
      [&] {
        repository_.take(common, "other");
        const PackId pack = repository_->catalog().packs().back().id;
        built = repository_.take(above, "other");
        repository_->catalog().condemn({pack});  // as one of too many small ones
      },
      base));
  repository_.expect_holds(built, above);
  repository_.expect_sound();
  repository_.gc();
  repository_.expect_holds(built, above);
  EXPECT_TRUE(read_whole(*repository_, slow.files[0]) == common);
  repository_.expect_sound();
}

}  // namespace
}  // namespace varve
