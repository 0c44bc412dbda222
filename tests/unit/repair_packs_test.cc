#include "store/repair_packs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "store/core/error.h"
#include "store/losses.h"
#include "store/session.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/failing_parts.h"
#include "tests/support/small_disk.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

void replace_file(const Path& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  write_file_atomically(path, bytes);
}

Path pack_file(TestRepository& repository, std::size_t number) {
  return repository.path() / pack_name(repository->catalog().packs().at(number).id);
}

void flip(TestRepository& repository, std::size_t pack, std::uint64_t at) {
  const Path file = pack_file(repository, pack);
  Bytes bytes = read_file(file);
  bytes.at(at) ^= std::byte{0x40};
  replace_file(file, bytes);
  repository.reopen();
}

// The objects of a pack, of this kind.
std::vector<PackEntry> objects_in(TestRepository& repository, std::size_t pack, ObjectKind kind) {
  std::vector<PackEntry> found;
  for (const PackEntry& entry :
       repository->packs().entries(repository->catalog().packs().at(pack).id)) {
    if (entry.parsed.header.kind == kind) found.push_back(entry);
  }
  return found;
}

std::uint64_t last_byte(const PackEntry& entry) { return entry.offset + entry.length - 1; }

PackRepairResult repair(TestRepository& repository, const PackRepairOptions& options = {}) {
  PackRepairResult result = repair_packs(*repository, options);
  repository.reopen();
  return result;
}

// What is lost, as "SNAPSHOT:PATH", by file.
std::set<std::string> files_of(const PackRepairResult& result) {
  std::set<std::string> files;
  for (const HurtFile& file : result.hurt) files.insert(file.snapshot + ":" + file.path);
  return files;
}

std::set<std::string> files_of(const CheckResult& result) {
  std::set<std::string> files;
  for (const Damage& damage : result.damage) files.insert(damage.files.begin(), damage.files.end());
  return files;
}

// The ranges of a file that do not read as `bytes` any more, by extents: the truth to compare with.
std::vector<ByteRange> unreadable(Repository& repository, const FileEntry& file,
                                  const Bytes& bytes) {
  std::vector<ByteRange> ranges;
  for (std::uint64_t at = 0; at < bytes.size(); at += kTestExtent) {
    const std::uint64_t length = std::min<std::uint64_t>(kTestExtent, bytes.size() - at);
    Bytes got(length);
    const auto error = error_of(
        [&] { FileReader(repository.chunks(), file, ChunkReader::Check::id).read(at, got); });
    if (!error) {
      EXPECT_TRUE(
          std::equal(got.begin(), got.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at)))
          << file.path << " at " << at;
      continue;
    }
    if (!ranges.empty() && ranges.back().offset + ranges.back().length == at) {
      ranges.back().length += length;
    } else {
      ranges.push_back({at, length});
    }
  }
  return ranges;
}

class RepairPacksTest : public testing::Test {
 protected:
  // Pack 0: the first state of "db". 1: changes of it, deltas. 2: "other". 3: "text", a stream.
  RepairPacksTest() {
    states_.push_back(make_pages(random_, 30));
    states_.push_back(change_pages(random_, states_[0], 12));
    states_.push_back(make_pages(random_, 8));
    states_.push_back(make_pages(random_, 5));
    snapshots_.push_back(repository_.take(states_[0]));
    snapshots_.push_back(repository_.take(states_[1]));
    snapshots_.push_back(repository_.take(states_[2], "other"));
    snapshots_.push_back(repository_.take(states_[3], "text", Chunking::content));
  }

  // Holds what the repair said against what can be read in fact.
  void expect_told(TestRepository& repository, const PackRepairResult& result) {
    std::map<std::string, std::vector<ByteRange>> told;
    for (const HurtFile& file : result.hurt) {
      told[file.snapshot + ":" + file.path] = file.ranges;
    }
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      const FileEntry& file = snapshots_[i].files.front();
      if (file.chunking == Chunking::content) continue;  // not by extents
      EXPECT_EQ(told[snapshots_[i].name + ":" + file.path],
                unreadable(*repository, file, states_[i]))
          << file.path;
    }
    const CheckResult checked = repository.check_all();
    EXPECT_EQ(files_of(checked), files_of(result));
    EXPECT_EQ(may_have_losses(repository.path()), !result.hurt.empty());
  }

  void expect_all_holds(TestRepository& repository) {
    repository.expect_sound();
    for (std::size_t i = 0; i < snapshots_.size(); ++i) {
      repository.expect_holds(snapshots_[i], states_[i]);
    }
  }

  std::mt19937_64 random_{5};
  TestRepository repository_;
  std::vector<Bytes> states_;
  std::vector<Snapshot> snapshots_;
};

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
