#include <gtest/gtest.h>

#include <set>

#include "store/repair/repair_packs.h"
#include "store/repository/losses.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_disk.h"
#include "tests/unit/repair_packs_fixture.h"

namespace varve {
namespace {

TEST_F(RepairPacksTest, EverythingHealsFromACopy) {
  repository_.close();
  TestRepository donor(repository_.path());
  donor.close();
  for (const std::size_t pack : {0u, 1u, 2u, 3u}) {
    TestRepository repository(repository_.path());
    Bytes bytes = read_file(pack_file(repository, pack));
    for (std::size_t at = 30; at < bytes.size(); at += 100) bytes[at] ^= std::byte{1};
    replace_file(pack_file(repository, pack), bytes);
    repository.reopen();
    const PackRepairResult result = repair(repository, {.from = donor.path()});
    EXPECT_GT(result.healed_chunks, 0u);
    EXPECT_TRUE(result.hurt.empty()) << pack;
    EXPECT_FALSE(may_have_losses(repository.path()));
    expect_all_holds(repository);
    repository.gc();
    expect_all_holds(repository);
  }
}

TEST_F(RepairPacksTest, ADonorThatHasOnlyAPart) {
  TestRepository donor;
  donor.take(states_[2], "somewhere else");
  donor.close();
  std::filesystem::remove(pack_file(repository_, 0));
  std::filesystem::remove(pack_file(repository_, 2));
  repository_.reopen();
  const PackRepairResult result = repair(repository_, {.from = donor.path()});
  EXPECT_EQ(files_of(result), (std::set{snapshots_[0].name + ":db", snapshots_[1].name + ":db"}));
  expect_told(repository_, result);
  expect_error(ErrorCode::usage, "itself",
               [&] { repair_packs(*repository_, {.from = repository_.path()}); });
}

// --- healing by the live source -------------------------------------------------------------

TEST_F(RepairPacksTest, TheLiveSourceHealsInSpiteOfTheFingerprintTable) {
  // A chunk that both states share: by its fingerprint it is the same as last time.
  const FileEntry& file = snapshots_[1].files.front();
  FileReader old(repository_->chunks(), snapshots_[0].files.front());
  FileReader now(repository_->chunks(), file);
  std::set<ChunkRef> shared;
  for (std::uint64_t at = 0; at < file.size; at += kTestExtent) {
    if (old.piece_at(at).ref == now.piece_at(at).ref) shared.insert(now.piece_at(at).ref);
  }
  ASSERT_FALSE(shared.empty());
  for (const PackEntry& entry : objects_in(repository_, 0, ObjectKind::data)) {
    if (shared.contains(ref_of(entry.parsed.header.id))) flip(repository_, 0, last_byte(entry));
  }
  EXPECT_EQ(repair(repository_).lost_chunks, shared.size());
  const Snapshot healed = repository_.take(states_[1]);
  repository_.reopen();
  for (const Damage& damage : repository_.check_all().damage) ADD_FAILURE() << damage.what;
  repository_.expect_holds(healed, states_[1]);
  repository_.expect_holds(snapshots_[0], states_[0]);
  EXPECT_TRUE(repair(repository_).hurt.empty());
  EXPECT_FALSE(may_have_losses(repository_.path()));
  expect_all_holds(repository_);
}

TEST_F(RepairPacksTest, TheLiveSourceHealsDeltasWhoseBasesItHasNotAnyMore) {
  for (const PackEntry& entry : objects_in(repository_, 0, ObjectKind::data)) {
    flip(repository_, 0, last_byte(entry));
  }
  EXPECT_EQ(files_of(repair(repository_)),
            (std::set{snapshots_[0].name + ":db", snapshots_[1].name + ":db"}));
  const Snapshot healed = repository_.take(states_[1]);
  repository_.reopen();
  repository_.expect_holds(healed, states_[1]);
  repository_.expect_holds(snapshots_[1], states_[1]);
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(files_of(result), (std::set{snapshots_[0].name + ":db"}));
  repository_.gc();
  // The state of before, from somewhere: then all is well.
  repository_.take(states_[0]);
  EXPECT_TRUE(repair(repository_).hurt.empty());
  expect_all_holds(repository_);
}

// Bases come back whole, so deltas of every depth stand on them again.
TEST_F(RepairPacksTest, DeltasComeBackWithTheBasesThatTheSourceHad) {
  for (const PackEntry& entry : objects_in(repository_, 0, ObjectKind::data)) {
    flip(repository_, 0, last_byte(entry));
  }
  repair(repository_);
  repository_.take(states_[0], "restored elsewhere");
  const PackRepairResult result = repair(repository_);
  EXPECT_TRUE(result.hurt.empty());
  EXPECT_GT(result.mended_rows, 0u);
  expect_all_holds(repository_);
}

TEST_F(RepairPacksTest, AnIngestGoesOnWhereTheManifestIsLost) {
  for (const std::size_t pack : {0u, 1u, 3u}) {
    for (const PackEntry& entry : objects_in(repository_, pack, ObjectKind::node)) {
      const Path file = pack_file(repository_, pack);
      Bytes bytes = read_file(file);
      bytes.at(last_byte(entry)) ^= std::byte{1};
      replace_file(file, bytes);
    }
  }
  repository_.reopen();
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(files_of(result), (std::set{snapshots_[0].name + ":db", snapshots_[1].name + ":db",
                                        snapshots_[3].name + ":text"}));
  expect_told(repository_, result);
  repository_.gc();
  repository_.expect_holds(repository_.take(states_[1]), states_[1]);
  repository_.expect_holds(repository_.take(states_[3], "text", Chunking::content), states_[3]);
  EXPECT_EQ(files_of(repair(repository_)), (std::set{snapshots_[0].name + ":db"}));
}

// A source whose state is the same as last time, and says so.
class UnchangedSource : public MemorySource {
 public:
  using MemorySource::MemorySource;
  Bytes fingerprint() override { return {std::byte{7}}; }
};

TEST_F(RepairPacksTest, AnUnchangedSourceIsReadAgainOnlyWhereItIsHurt) {
  const auto take = [&](const std::string& name, const Bytes& bytes) {
    IngestRequest request;
    request.sources.push_back(std::make_unique<UnchangedSource>(
        name, std::vector<MemoryFile>{{.path = name, .bytes = bytes}}));
    request.time = Timestamp{1'800'000'000};
    return ingest(*repository_, std::move(request));
  };
  take("one", make_pages(random_, 6));
  const Bytes bytes = make_pages(random_, 6);
  take("two", bytes);
  EXPECT_TRUE(take("one", {}).unchanged);
  EXPECT_TRUE(take("two", bytes).unchanged);
  flip(repository_, 5, last_byte(objects_in(repository_, 5, ObjectKind::data).at(2)));
  EXPECT_EQ(repair(repository_).hurt.size(), 1u);
  EXPECT_TRUE(take("one", {}).unchanged);
  const IngestResult healed = take("two", bytes);
  EXPECT_FALSE(healed.unchanged);
  repository_.expect_holds(healed.snapshot, bytes);
  EXPECT_TRUE(take("two", bytes).unchanged);
  repository_.expect_sound();
}

TEST_F(RepairPacksTest, ADonorOnAMediumThatCannotBeWrittenTo) {
  SmallDisk disk(16u << 20);
  std::filesystem::copy(repository_.path(), disk / "copy",
                        std::filesystem::copy_options::recursive);
  ASSERT_EQ(::mount(nullptr, disk.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  std::filesystem::remove(pack_file(repository_, 0));
  const PackRepairResult result = repair(repository_, {.from = disk / "copy"});
  EXPECT_GT(result.healed_chunks, 20u);
  expect_all_holds(repository_);
}

}  // namespace
}  // namespace varve
