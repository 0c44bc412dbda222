#include "store/gc/mark.h"

#include <gtest/gtest.h>

#include <set>

#include "store/core/error.h"
#include "store/gc/key_set.h"
#include "store/gc/pack_use.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

TEST(KeySetTest, HoldsWhatASetHolds) {
  std::mt19937_64 random(5);
  std::set<std::uint64_t> expected;
  KeySet keys;
  EXPECT_FALSE(keys.contains(ChunkKey{1}));
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = random() % 30'000 * 2;
    EXPECT_EQ(keys.insert(ChunkKey{value << 40}), expected.insert(value << 40).second);
  }
  EXPECT_EQ(keys.size(), expected.size());
  for (std::uint64_t value = 0; value < 60'000; value += 2) {
    EXPECT_EQ(keys.contains(ChunkKey{value << 40}), expected.contains(value << 40)) << value;
  }
}

TEST(KeySetTest, SeesEachKeyOnce) {
  KeySet keys;
  for (std::uint64_t i = 1; i <= 1000; ++i) keys.insert(ChunkKey{i << 50});
  EXPECT_EQ(keys.see(ChunkKey{7}), KeySet::Seen::absent);
  EXPECT_EQ(keys.see(ChunkKey{3ull << 50}), KeySet::Seen::first);
  EXPECT_EQ(keys.see(ChunkKey{3ull << 50}), KeySet::Seen::again);
  EXPECT_EQ(keys.seen(), 1u);
  for (std::uint64_t i = 2000; i <= 9000; ++i) keys.insert(ChunkKey{i << 50});  // grows
  EXPECT_EQ(keys.see(ChunkKey{3ull << 50}), KeySet::Seen::again);
  EXPECT_TRUE(keys.contains(ChunkKey{3ull << 50}));
  EXPECT_EQ(keys.seen(), 1u);
}

TEST(KeySetTest, KeepsTheKeysThatLookFree) {
  KeySet keys;
  EXPECT_TRUE(keys.insert(ChunkKey{0}));
  EXPECT_TRUE(keys.contains(ChunkKey{0}));
  EXPECT_EQ(keys.see(ChunkKey{0}), KeySet::Seen::first);
}

class MarkTest : public testing::Test {
 protected:
  std::set<ChunkKey> live_chunks() {
    const KeySet live = mark(*repository_, find_roots(*repository_), {}).live;
    std::set<ChunkKey> found;
    for (const PackRow& pack : repository_->catalog().packs()) {
      for (const PackEntry& entry : repository_->packs().entries(pack.id)) {
        const ChunkKey key = key_of(entry.parsed.header.id);
        if (live.contains(key)) found.insert(key);
      }
    }
    EXPECT_EQ(found.size(), live.size());
    return found;
  }

  std::mt19937_64 random_{17};
  TestRepository repository_;
};

TEST_F(MarkTest, ExtentsStreamsAndNodesOfAllLevels) {
  // 40 extents: 10 nodes, 3 above them, 1 on top.
  repository_.take(make_pages(random_, 40));
  EXPECT_EQ(live_chunks().size(), 40u + 10 + 3 + 1);
  repository_.take(make_pages(random_, 1), "one chunk");
  EXPECT_EQ(live_chunks().size(), 55u);
  repository_.take({}, "empty");
  EXPECT_EQ(live_chunks().size(), 55u);
  repository_.take(make_pages(random_, 5), "stream", Chunking::content);
  EXPECT_EQ(live_chunks().size(), repository_->catalog().chunk_count());
}

TEST_F(MarkTest, ForgottenSnapshotsDoNotCountButBasesOfTheirsDo) {
  const Bytes bytes = make_pages(random_, 16);
  const Snapshot first = repository_.take(bytes);
  repository_.take(change_pages(random_, bytes, 3));
  const std::size_t both = live_chunks().size();
  forget(*repository_, {first.id});
  EXPECT_LT(live_chunks().size(), both);
  EXPECT_EQ(live_chunks().size(), 16u + 4 + 1);

  KeySet live = mark(*repository_, find_roots(*repository_), {}).live;
  const std::size_t named = live.size();
  const Usage usage = measure_packs(*repository_, live, {});
  EXPECT_GT(live.size(), named);  // the bases of the changed extents and nodes
  EXPECT_TRUE(usage.complete);
  std::uint64_t objects = 0;
  for (const PackUse& use : usage.packs) objects += use.live_objects;
  EXPECT_EQ(objects, live.size());
}

// Two ingests store the same chunk at the same time: the catalog leads to one of the objects.
TEST_F(MarkTest, OfTwoObjectsOfAChunkOneIsLive) {
  const Bytes bytes = make_pages(random_, 6);
  repository_.take(bytes);
  TestRepository twin;
  twin.take(bytes);
  const PackRow other = twin->catalog().packs().front();
  std::filesystem::create_directories((repository_.path() / pack_name(other.id)).parent_path());
  std::filesystem::copy_file(twin.path() / pack_name(other.id),
                             repository_.path() / pack_name(other.id));
  NewPack pack{.id = other.id, .size = other.size, .chunks = {}};
  for (const PackEntry& entry : twin->packs().entries(other.id)) {
    pack.chunks.push_back({ref_of(entry.parsed.header.id), entry.offset, entry.length, false});
  }
  repository_->catalog().add_packs({pack});
  KeySet live = mark(*repository_, find_roots(*repository_), {}).live;
  const Usage usage = measure_packs(*repository_, live, {});
  ASSERT_EQ(usage.packs.size(), 2u);
  EXPECT_EQ(usage.packs[0].live_objects, usage.packs[0].objects);
  EXPECT_EQ(usage.packs[1].live_objects, 0u);
  EXPECT_EQ(usage.packs[1].garbage_bytes(), other.size);
}

TEST_F(MarkTest, NothingIsMarkedWhereAManifestIsDamaged) {
  const Snapshot snapshot = repository_.take(make_pages(random_, 8));
  const Location where = *repository_->catalog().find(key_of(*snapshot.files[0].root));
  const Path file = repository_.path() / pack_name(where.pack);
  Bytes bytes = read_file(file);
  bytes[where.offset + where.length - 1] ^= std::byte{1};
  std::filesystem::remove(file);
  write_file_atomically(file, bytes);
  repository_.reopen();
  expect_error(ErrorCode::corrupt, "nothing is given back", [&] { repository_.gc(); });
}

}  // namespace
}  // namespace varve
