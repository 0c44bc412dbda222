#include "store/repair/repair_packs.h"

#include <gtest/gtest.h>

#include <set>

#include "store/repository/losses.h"
#include "store/repository/session.h"
#include "tests/support/expect_error.h"
#include "tests/unit/repair_packs_fixture.h"

namespace varve {
namespace {

// A file's bytes around a range, by the test's own words.
ByteRange extent(std::uint64_t number) { return {number * kTestExtent, kTestExtent}; }

std::string to_text(const std::vector<ByteRange>& ranges) {
  std::string text;
  for (const ByteRange& range : ranges) {
    text += std::to_string(range.offset) + "+" + std::to_string(range.length) + " ";
  }
  return text;
}

// The extents whose chunk is this one.
std::vector<ByteRange> extents_of(Repository& repository, const FileEntry& file,
                                  const std::set<ChunkRef>& refs) {
  std::vector<ByteRange> ranges;
  FileReader reader(repository.chunks(), file);
  for (std::uint64_t number = 0; number * kTestExtent < file.size; ++number) {
    if (!refs.contains(reader.piece_at(number * kTestExtent).ref)) continue;
    if (!ranges.empty() && ranges.back().offset + ranges.back().length == number * kTestExtent) {
      ranges.back().length += kTestExtent;
    } else {
      ranges.push_back(extent(number));
    }
  }
  return ranges;
}

TEST_F(RepairPacksTest, ASoundRepositoryStaysAsItIs) {
  const std::uint64_t generation = repository_->catalog().generation();
  const auto before = repository_->blobs().list("");
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(result.packs, 4u);
  EXPECT_TRUE(result.damaged.empty());
  EXPECT_TRUE(result.hurt.empty());
  EXPECT_EQ(result.mended_rows + result.adopted_packs + result.healed_chunks, 0u);
  EXPECT_EQ(repository_->catalog().generation(), generation);
  EXPECT_EQ(repository_->blobs().list("packs/").size(), 4u);
  EXPECT_FALSE(std::filesystem::exists(repository_.path() / "broken"));
  expect_all_holds(repository_);
}

TEST_F(RepairPacksTest, OneObjectIsLostAndNamedByItsBytes) {
  const PackEntry hit = objects_in(repository_, 2, ObjectKind::data).at(3);
  const auto wanted =
      extents_of(*repository_, snapshots_[2].files.front(), {ref_of(hit.parsed.header.id)});
  ASSERT_EQ(wanted.size(), 1u);
  const std::string pack = pack_file(repository_, 2).filename();
  const std::uint64_t objects = objects_in(repository_, 2, ObjectKind::data).size() +
                                objects_in(repository_, 2, ObjectKind::node).size();
  flip(repository_, 2, last_byte(hit));

  const PackRepairResult dry = repair(repository_, {.from = {}, .dry_run = true});
  ASSERT_EQ(dry.hurt.size(), 1u);
  EXPECT_EQ(dry.hurt[0].ranges, wanted);
  EXPECT_FALSE(std::filesystem::exists(repository_.path() / "broken"));
  EXPECT_FALSE(may_have_losses(repository_.path()));

  const PackRepairResult result = repair(repository_);
  ASSERT_EQ(result.hurt.size(), 1u);
  EXPECT_EQ(result.hurt[0].snapshot, snapshots_[2].name);
  EXPECT_EQ(result.hurt[0].path, "other");
  EXPECT_EQ(result.hurt[0].size, states_[2].size());
  EXPECT_EQ(result.hurt[0].ranges, wanted) << to_text(result.hurt[0].ranges);
  EXPECT_EQ(result.lost_chunks, 1u);
  ASSERT_EQ(result.damaged.size(), 1u);
  EXPECT_EQ(result.damaged[0].saved_objects, objects - 1);
  EXPECT_EQ(result.damaged[0].kept_as, "broken/" + pack);
  EXPECT_TRUE(std::filesystem::exists(repository_.path() / "broken" / pack));
  expect_told(repository_, result);

  // Once more: nothing new, the same is lost.
  const PackRepairResult again = repair(repository_);
  EXPECT_TRUE(again.damaged.empty());
  EXPECT_EQ(again.mended_rows, 0u);
  EXPECT_EQ(files_of(again), files_of(result));
}

TEST_F(RepairPacksTest, NeighbouringExtentsAreOneRange) {
  const auto objects = objects_in(repository_, 0, ObjectKind::data);
  const FileEntry& file = snapshots_[0].files.front();
  std::set<ChunkRef> hit;
  FileReader reader(repository_->chunks(), file);
  for (const std::uint64_t number : {4u, 5u, 6u, 20u}) {
    hit.insert(reader.piece_at(number * kTestExtent).ref);
  }
  std::vector<std::uint64_t> places;
  for (const PackEntry& entry : objects) {
    if (hit.contains(ref_of(entry.parsed.header.id))) places.push_back(last_byte(entry));
  }
  for (const std::uint64_t at : places) flip(repository_, 0, at);
  const PackRepairResult result = repair(repository_);
  const std::vector<ByteRange> wanted = {{4 * kTestExtent, 3 * kTestExtent},
                                         {20 * kTestExtent, kTestExtent}};
  // In the second snapshot the same extents, which are the same chunks or deltas on them.
  ASSERT_EQ(result.hurt.size(), 2u);
  for (const HurtFile& hurt : result.hurt) EXPECT_EQ(hurt.ranges, wanted);
  expect_told(repository_, result);
}

// The frame, the first object's header, and a sample of all others.
TEST_F(RepairPacksTest, WhateverByteIsFlippedOnlyItsObjectIsLost) {
  repository_.close();
  for (const std::size_t pack : {0u, 1u, 3u}) {
    TestRepository intact(repository_.path());
    const std::uint64_t size = std::filesystem::file_size(pack_file(intact, pack));
    for (std::uint64_t at = 0; at < size;
         at += at < 100 ? 9 : (size - at < 60 ? 11 : 1 + size / 6)) {
      TestRepository repository(repository_.path());
      flip(repository, pack, at);
      const PackRepairResult result = repair(repository);
      EXPECT_EQ(result.damaged.size(), 1u) << at;
      EXPECT_LE(result.lost_chunks, 5u) << "pack " << pack << " at " << at;  // and what is below
      expect_told(repository, result);
      repository.gc();
      expect_told(repository, repair(repository));
      ASSERT_FALSE(HasFailure()) << "pack " << pack << " at " << at;
    }
  }
}

TEST_F(RepairPacksTest, TruncatedAtManyLengths) {
  repository_.close();
  TestRepository intact(repository_.path());
  const std::uint64_t size = std::filesystem::file_size(pack_file(intact, 1));
  for (std::uint64_t length = 0; length < size; length += 1 + size / 14) {
    TestRepository repository(repository_.path());
    Bytes bytes = read_file(pack_file(repository, 1));
    bytes.resize(length);
    replace_file(pack_file(repository, 1), bytes);
    repository.reopen();
    const PackRepairResult result = repair(repository);
    EXPECT_EQ(result.damaged.size(), 1u);
    expect_told(repository, result);
    repository.gc();
    expect_told(repository, repair(repository));
    ASSERT_FALSE(HasFailure()) << length;
  }
}

TEST_F(RepairPacksTest, AMissingPackAndADamagedOne) {
  std::filesystem::remove(pack_file(repository_, 0));
  flip(repository_, 2, last_byte(objects_in(repository_, 2, ObjectKind::data).at(1)));
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(result.damaged.size(), 2u);
  EXPECT_GE(result.hurt.size(), 3u);
  expect_told(repository_, result);
  repository_.gc();
  EXPECT_EQ(files_of(repair(repository_)), files_of(result));
}

// A pack that comes back, whoever brings it, is taken in.
TEST_F(RepairPacksTest, AMissingPackThatIsFoundAgain) {
  const Path file = pack_file(repository_, 0);
  const Bytes bytes = read_file(file);
  std::filesystem::remove(file);
  EXPECT_FALSE(repair(repository_).hurt.empty());
  replace_file(file, bytes);
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(result.adopted_packs, 1u);
  EXPECT_TRUE(result.hurt.empty());
  EXPECT_FALSE(may_have_losses(repository_.path()));
  expect_all_holds(repository_);
  repository_.gc();
  expect_all_holds(repository_);
}

TEST_F(RepairPacksTest, ADeltaIsLostWithItsBaseAndComesBackWithIt) {
  // Only the second state is still needed, but its deltas stand on the first one's chunks.
  std::vector<std::uint64_t> places;
  std::set<ChunkKey> bases;
  for (const PackEntry& entry : objects_in(repository_, 1, ObjectKind::data)) {
    if (entry.parsed.header.codec == Codec::delta) bases.insert(entry.parsed.header.base);
  }
  ASSERT_FALSE(bases.empty());
  for (const PackEntry& entry : objects_in(repository_, 0, ObjectKind::data)) {
    if (bases.contains(key_of(entry.parsed.header.id))) places.push_back(last_byte(entry));
  }
  TestRepository copy(repository_.path());
  forget(*repository_, {snapshots_[0].id});
  for (const std::uint64_t at : places) flip(repository_, 0, at);
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(files_of(result), (std::set{snapshots_[1].name + ":db"}));
  EXPECT_EQ(result.lost_chunks, bases.size());

  repository_.gc();  // keeps the deltas
  copy.close();
  const PackRepairResult dry = repair(repository_, {.from = copy.path(), .dry_run = true});
  EXPECT_TRUE(dry.hurt.empty());
  EXPECT_EQ(dry.healed_chunks, bases.size());
  EXPECT_TRUE(may_have_losses(repository_.path()));
  const PackRepairResult healed = repair(repository_, {.from = copy.path()});
  EXPECT_EQ(healed.healed_chunks, bases.size()) << "bases, as the deltas are there";
  EXPECT_TRUE(healed.hurt.empty());
  repository_.expect_sound();
  repository_.expect_holds(snapshots_[1], states_[1]);
  repository_.gc();
  repository_.expect_sound();
}

// --- what else may be damaged ----------------------------------------------------------------

TEST_F(RepairPacksTest, RecordsAndAttestationsComeFromTheCatalog) {
  Attestation attestation;
  attestation.source = "db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.file = "db";
  repository_->attest(snapshots_[1].id, {attestation});
  const Path record = repository_.path() / record_name(snapshots_[1].id);
  const Path proof = repository_.path() / (attestation_prefix(snapshots_[1].id) + "1");
  const Bytes good_record = read_file(record);
  const Bytes good_proof = read_file(proof);
  Bytes bad = good_record;
  bad[20] ^= std::byte{1};
  replace_file(record, bad);
  std::filesystem::remove(proof);
  EXPECT_EQ(repair(repository_, {.from = {}, .dry_run = true}).records.size(), 2u);
  EXPECT_EQ(read_file(record), bad);
  EXPECT_EQ(repair(repository_).records.size(), 2u);
  EXPECT_EQ(read_file(record), good_record);
  EXPECT_EQ(read_file(proof), good_proof);
  EXPECT_EQ(read_file(repository_.path() / "broken" / record.filename()), bad);
  expect_all_holds(repository_);
}

TEST_F(RepairPacksTest, TheListOfLostChunksIsProtected) {
  flip(repository_, 2, last_byte(objects_in(repository_, 2, ObjectKind::data).at(3)));
  repair(repository_);
  const Path file = repository_.path() / "lost";
  const Bytes good = read_file(file);
  EXPECT_EQ(read_lost(repository_.path()).size(), 1u);
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{2};
    replace_file(file, bad);
    expect_error(ErrorCode::corrupt, "repair packs", [&] { read_lost(repository_.path()); });
    bad = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at));
    replace_file(file, bad);
    expect_error(ErrorCode::corrupt, "repair packs", [&] { read_lost(repository_.path()); });
  }
  EXPECT_GT(repository_.check_all().damage.size(), 1u);
  repository_.take(states_[2], "other");  // ingests go on
  EXPECT_TRUE(repair(repository_).hurt.empty());
  EXPECT_FALSE(std::filesystem::exists(file));
  expect_all_holds(repository_);
}

// Bytes that look like an object, inside of what somebody backed up: not taken for one of ours.
TEST_F(RepairPacksTest, AnObjectInsideOfADamagedObjectProvesItself) {
  // A raw chunk that holds an object which claims to be a lost chunk of ours.
  const PackEntry wanted = objects_in(repository_, 2, ObjectKind::data).at(2);
  Encoder forged;
  ObjectHeader header;
  header.plain_length = 64;
  header.id = wanted.parsed.header.id;
  encode_object(forged, header, Bytes(64, std::byte{9}));
  Bytes bytes(2 * kTestExtent);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());  // stored raw
  std::copy(forged.buffer().begin(), forged.buffer().end(), bytes.begin() + 1000);
  states_.push_back(bytes);
  snapshots_.push_back(repository_.take(bytes, "enemy"));
  const PackEntry outer = objects_in(repository_, 4, ObjectKind::data).at(0);
  flip(repository_, 4, outer.offset + 1);  // of its header: it is looked through
  flip(repository_, 2, last_byte(wanted));
  const PackRepairResult result = repair(repository_);
  EXPECT_EQ(files_of(result),
            (std::set{snapshots_[2].name + ":other", snapshots_[4].name + ":enemy"}));
  expect_told(repository_, result);
}

// --- who else is there -----------------------------------------------------------------------

TEST_F(RepairPacksTest, RefusesBesideAnIngestAndAGc) {
  {
    const IngestSession session(*repository_);
    expect_error(ErrorCode::locked, "an ingest is running (pid",
                 [&] { repair_packs(*repository_, {}); });
  }
  {
    const FileLock gc = lock_gc(*repository_);
    expect_error(ErrorCode::locked, "gc", [&] { repair_packs(*repository_, {}); });
  }
  const FileLock repair = lock_repair(*repository_);
  expect_error(ErrorCode::locked, "a repair is running (pid",
               [&] { const IngestSession session(*repository_); });
}

}  // namespace
}  // namespace varve
