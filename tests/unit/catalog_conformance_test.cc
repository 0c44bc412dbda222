// What every catalog promises (store/catalog/catalog.h) of chunks, packs and itself;
// catalog_snapshots_conformance_test.cc: of snapshots.
#include "tests/unit/catalog_conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "store/core/error.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"

namespace varve {
namespace {

TYPED_TEST_SUITE(CatalogTest, CatalogPlaces);

// --- chunks -------------------------------------------------------------------------------

TYPED_TEST(CatalogTest, FindsWhatWasAdded) {
  NewPack pack = pack_of({ref_with(0, 1), ref_with(1, 1), ref_with(0x7fffffffffffffff, 1),
                          ref_with(0x8000000000000000, 1), ref_with(~std::uint64_t{0}, 1)});
  pack.chunks[1] = {pack.chunks[1].ref, std::uint64_t{1} << 40, ~std::uint32_t{0}, false};
  this->catalog().add_packs({pack});
  for (int again = 0; again < 2; ++again) {
    for (std::size_t i = 0; i < pack.chunks.size(); ++i) {
      this->expect_at(pack.chunks[i].ref, location(pack, i));
    }
    this->expect_at(ref_with(2, 1), std::nullopt);
    EXPECT_EQ(this->catalog().chunk_count(), pack.chunks.size());
    EXPECT_EQ(this->pack_row(pack.id)->size, pack.size);
    this->reopen();
  }
}

TYPED_TEST(CatalogTest, FindsMany) {
  const NewPack pack = pack_of_random(1000);
  this->catalog().add_packs({pack});
  std::vector<ChunkKey> keys;
  for (const ChunkRow& row : pack.chunks) keys.push_back(key_of(row.ref));
  keys[7] = key_of(random_id<ChunkRef>());
  std::vector<std::optional<Location>> found(keys.size(), Location{});
  this->catalog().find_many(keys, found);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i == 7) {
      EXPECT_FALSE(found[i]);
    } else {
      EXPECT_EQ(found[i], location(pack, i));
    }
  }
  this->catalog().find_many({}, {});
}

TYPED_TEST(CatalogTest, AChunkKeepsItsRow) {
  const NewPack first = pack_of({ref_with(1, 1), ref_with(2, 1)});
  const NewPack second = pack_of({ref_with(2, 1), ref_with(3, 1)});
  this->catalog().add_packs({first});
  this->catalog().add_packs({second});
  this->expect_at(ref_with(2, 1), location(first, 1));
  this->expect_at(ref_with(3, 1), location(second, 1));
}

TYPED_TEST(CatalogTest, AddingAPackTwiceChangesNothing) {
  const NewPack pack = pack_of_random(10);
  this->catalog().add_packs({pack});
  this->catalog().add_packs({pack, pack});
  EXPECT_EQ(this->catalog().chunk_count(), 10u);
  EXPECT_EQ(this->catalog().packs().size(), 1u);
}

TYPED_TEST(CatalogTest, RowsInCondemnedOrDroppedPacksMove) {
  const NewPack condemned = pack_of({ref_with(1, 1)});
  const NewPack dropped = pack_of({ref_with(2, 1)});
  const NewPack sound = pack_of({ref_with(3, 1)});
  this->catalog().add_packs({condemned, dropped, sound});
  this->catalog().condemn({condemned.id});
  this->catalog().drop_packs({dropped.id});
  this->expect_at(ref_with(1, 1), location(condemned, 0));
  const NewPack fresh = pack_of({ref_with(1, 1), ref_with(2, 1), ref_with(3, 1)});
  this->catalog().add_packs({fresh});
  this->expect_at(ref_with(1, 1), location(fresh, 0));
  this->expect_at(ref_with(2, 1), location(fresh, 1));
  this->expect_at(ref_with(3, 1), location(sound, 0));
}

// --- crowded chunks -----------------------------------------------------------------------

TYPED_TEST(CatalogTest, CrowdedChunksAreFoundByTheirRef) {
  const NewPack first = pack_of({ref_with(5, 1)});
  NewPack second = pack_of({ref_with(5, 2), ref_with(5, 3)});
  for (ChunkRow& row : second.chunks) row.crowded = true;
  this->catalog().add_packs({first});
  this->catalog().add_packs({second});
  this->expect_at(ref_with(5, 0), location(first, 0));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(second, 0));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 3)), location(second, 1));
  EXPECT_FALSE(this->catalog().find_crowded(ref_with(5, 1)));
  EXPECT_EQ(this->catalog().chunk_count(), 3u);
}

TYPED_TEST(CatalogTest, ACrowdedChunkOutlivesWhatCrowdedIt) {
  const NewPack first = pack_of({ref_with(5, 1)});
  NewPack second = pack_of({ref_with(5, 2)});
  second.chunks[0].crowded = true;
  this->catalog().add_packs({first, second});
  this->catalog().drop_packs({first.id});
  this->expect_at(ref_with(5, 0), std::nullopt);
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(second, 0));
  this->catalog().purge_dropped(first.id, refs_of(first));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(second, 0));
}

TYPED_TEST(CatalogTest, CrowdedRowsMoveOutOfCondemnedPacksToo) {
  const NewPack first = pack_of({ref_with(5, 1)});
  NewPack second = pack_of({ref_with(5, 2)});
  second.chunks[0].crowded = true;
  this->catalog().add_packs({first, second});
  NewPack fresh = pack_of({ref_with(5, 2)});
  fresh.chunks[0].crowded = true;
  this->catalog().add_packs({fresh});
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(second, 0));
  this->catalog().condemn({second.id});
  this->catalog().add_packs({fresh});
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(fresh, 0));
  this->catalog().drop_packs({fresh.id});
  EXPECT_FALSE(this->catalog().find_crowded(ref_with(5, 2)));
}

// Two ingests at once, each with a chunk of the same key that the other has not seen.
TYPED_TEST(CatalogTest, OfTwoChunksOfOneKeyNoneIsLost) {
  const NewPack first = pack_of({ref_with(5, 1)});
  const NewPack second = pack_of({ref_with(5, 2)});
  this->catalog().add_packs({first});
  this->catalog().add_packs({second});
  this->expect_at(ref_with(5, 1), location(first, 0));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, 2)), location(second, 0));

  // gc takes both along, in either order.
  this->catalog().condemn({first.id, second.id});
  const NewPack moved = pack_of({ref_with(5, 2), ref_with(5, 1)});
  this->catalog().add_packs({moved});
  this->catalog().drop_packs({first.id, second.id});
  const auto in_main = this->catalog().find(key_of(ref_with(5, 0)));
  const bool second_in_main = in_main == location(moved, 0);
  EXPECT_EQ(in_main, location(moved, second_in_main ? 0 : 1));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(5, second_in_main ? 1 : 2)),
            location(moved, second_in_main ? 1 : 0));
}

// --- gc -----------------------------------------------------------------------------------

TYPED_TEST(CatalogTest, EveryCondemnationIsAnEpoch) {
  const NewPack first = pack_of_random(1);
  const NewPack second = pack_of_random(1);
  this->catalog().add_packs({first, second});
  EXPECT_EQ(this->catalog().epoch(), 0u);
  EXPECT_EQ(this->catalog().condemn({first.id}), 1u);
  EXPECT_EQ(this->catalog().condemn({first.id, second.id, random_id<PackId>()}), 2u);
  EXPECT_EQ(this->catalog().epoch(), 2u);
  EXPECT_EQ(this->pack_row(first.id)->condemned_epoch, 1u);
  EXPECT_EQ(this->pack_row(second.id)->condemned_epoch, 2u);
  this->catalog().acquit({first.id});
  EXPECT_EQ(this->pack_row(first.id)->condemned_epoch, 0u);
  EXPECT_EQ(this->pack_row(second.id)->condemned_epoch, 2u);
  this->reopen();
  EXPECT_EQ(this->catalog().epoch(), 2u);
}

TYPED_TEST(CatalogTest, ADroppedPacksChunksAreAbsentForEverybodyAtOnce) {
  const NewPack pack = pack_of_random(10);
  const NewPack stays = pack_of_random(10);
  this->catalog().add_packs({pack, stays});
  const auto other = this->place_.open();
  for (const ChunkRow& row : pack.chunks) EXPECT_TRUE(other->find(key_of(row.ref)));
  this->catalog().drop_packs({pack.id});
  std::vector<ChunkKey> keys;
  for (const ChunkRow& row : pack.chunks) {
    this->expect_at(row.ref, std::nullopt);
    EXPECT_FALSE(other->find(key_of(row.ref)));
    keys.push_back(key_of(row.ref));
  }
  std::vector<std::optional<Location>> found(keys.size(), Location{});
  other->find_many(keys, found);
  for (const auto& where : found) EXPECT_FALSE(where);
  EXPECT_EQ(other->find(key_of(stays.chunks[3].ref)), location(stays, 3));
  EXPECT_TRUE(this->pack_row(pack.id)->dropped);
}

TYPED_TEST(CatalogTest, PurgingTakesTheRowsThatStillLeadThere) {
  NewPack old = pack_of_random(10'000);  // more than a batch
  old.chunks[9'999].crowded = true;
  this->catalog().add_packs({old});
  this->catalog().condemn({old.id});
  std::vector<ChunkRef> survivors{old.chunks[0].ref, old.chunks[5'000].ref};
  const NewPack fresh = pack_of(survivors);
  this->catalog().add_packs({fresh});
  this->catalog().drop_packs({old.id});
  this->catalog().purge_dropped(old.id, refs_of(old));
  EXPECT_EQ(this->catalog().chunk_count(), 2u);
  this->expect_at(survivors[0], location(fresh, 0));
  this->expect_at(survivors[1], location(fresh, 1));
  EXPECT_FALSE(this->pack_row(old.id));
  EXPECT_NO_THROW(this->catalog().purge_dropped(old.id, refs_of(old)));
}

TYPED_TEST(CatalogTest, OnlyDroppedPacksArePurged) {
  const NewPack pack = pack_of_random(5);
  this->catalog().add_packs({pack});
  this->catalog().condemn({pack.id});
  expect_error(ErrorCode::failed, to_hex(pack.id.view()),
               [&] { this->catalog().purge_dropped(pack.id, refs_of(pack)); });
  EXPECT_EQ(this->catalog().chunk_count(), 5u);
}

// A pack whose footer is lost: nobody knows all of its chunks.
TYPED_TEST(CatalogTest, RowsThatWereLeftBehindLeadNowhere) {
  const NewPack pack = pack_of_random(5);
  this->catalog().add_packs({pack});
  this->catalog().drop_packs({pack.id});
  this->catalog().purge_dropped(pack.id, {});
  this->expect_at(pack.chunks[0].ref, std::nullopt);
  const NewPack next = pack_of({pack.chunks[1].ref});
  this->catalog().add_packs({next});
  this->expect_at(pack.chunks[0].ref, std::nullopt);
  this->expect_at(pack.chunks[1].ref, location(next, 0));
  EXPECT_TRUE(this->catalog().check().empty());
}

TYPED_TEST(CatalogTest, PurgedSpaceComesBack) {
  const NewPack large = pack_of_random(50'000);
  this->catalog().add_packs({large});
  this->reopen();
  const std::uint64_t before = this->catalog().stored_bytes();
  this->catalog().drop_packs({large.id});
  this->catalog().purge_dropped(large.id, refs_of(large));
  this->reopen();
  EXPECT_LT(this->catalog().stored_bytes(), before / 4);
}

// --- the whole ----------------------------------------------------------------------------

TYPED_TEST(CatalogTest, AChunksRowIsSmall) {
  std::size_t rows = 0;
  for (const std::size_t count : {16'384u, 4'400u, 4'400u, 4'400u, 4'400u, 4'400u, 4'400u}) {
    this->catalog().add_packs({pack_of_random(count)});
    rows += count;
  }
  this->reopen();
  EXPECT_LE(static_cast<double>(this->catalog().stored_bytes()) / static_cast<double>(rows), 26.0);
}

TYPED_TEST(CatalogTest, ACorrectionMovesRowsWhereverTheyLead) {
  const NewPack old = pack_of({ref_with(1, 1), ref_with(2, 1), ref_with(3, 1)});
  this->catalog().add_packs({old});
  NewPack fresh = pack_of({ref_with(2, 1), ref_with(4, 1), ref_with(2, 2)});
  fresh.chunks[2].crowded = true;
  const std::vector<Catalog::GoneChunk> gone = {{ref_with(3, 1)}, {ref_with(9, 1)}};
  this->catalog().correct(gone, {fresh});
  this->reopen();
  this->expect_at(ref_with(1, 1), location(old, 0));
  this->expect_at(ref_with(2, 1), location(fresh, 0));
  this->expect_at(ref_with(3, 1), std::nullopt);
  this->expect_at(ref_with(4, 1), location(fresh, 1));
  EXPECT_EQ(this->catalog().find_crowded(ref_with(2, 2)), location(fresh, 2));
  this->catalog().correct(std::vector<Catalog::GoneChunk>{{ref_with(2, 2), true}}, {});
  EXPECT_FALSE(this->catalog().find_crowded(ref_with(2, 2)));
  this->expect_at(ref_with(2, 1), location(fresh, 0));
}

TYPED_TEST(CatalogTest, ACorrectionTakesAPackIntoUseAgain) {
  const NewPack pack = pack_of({ref_with(1, 1), ref_with(2, 1)});
  this->catalog().add_packs({pack});
  this->catalog().condemn({pack.id});
  this->catalog().drop_packs({pack.id});
  this->expect_at(ref_with(1, 1), std::nullopt);
  this->catalog().correct({}, {pack});
  this->expect_at(ref_with(1, 1), location(pack, 0));
  EXPECT_FALSE(this->pack_row(pack.id)->dropped);
  EXPECT_EQ(this->pack_row(pack.id)->condemned_epoch, 0u);
}

TYPED_TEST(CatalogTest, ASnapshotIsAddedAsItIsOnce) {
  const std::uint64_t before = this->catalog().generation();
  SnapshotRow row{random_id<SnapshotId>(), "some-name.2", kTime, record_of("r"), {}};
  row.attestations = {record_of("first"), record_of("second")};
  EXPECT_TRUE(this->catalog().add_snapshot(row));
  EXPECT_GT(this->catalog().generation(), before);
  EXPECT_FALSE(this->catalog().add_snapshot(row));
  SnapshotRow other = row;
  other.id = random_id<SnapshotId>();
  EXPECT_FALSE(this->catalog().add_snapshot(other)) << "of the same name";
  other.name = "other-name";
  EXPECT_TRUE(this->catalog().add_snapshot(other));
  this->reopen();
  const auto found = this->catalog().snapshot(row.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, row.name);
  EXPECT_EQ(found->time, row.time);
  EXPECT_EQ(found->record, row.record);
  EXPECT_EQ(found->attestations, row.attestations);
  EXPECT_EQ(this->names().size(), 2u);
}

TYPED_TEST(CatalogTest, ASoundOnePassesItsCheckAndOffsetsBeyondAPackDoNot) {
  NewPack pack = pack_of_random(1000);
  this->commit(kTime, {pack});
  EXPECT_TRUE(this->catalog().check().empty());
  NewPack wrong = pack_of_random(1);
  wrong.chunks[0].offset = wrong.size - 99;
  this->catalog().add_packs({wrong});
  const auto lines = this->catalog().check();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(to_hex(wrong.id.view())), std::string::npos) << lines[0];
}

TYPED_TEST(CatalogTest, ManyThreadsAtOnce) {
  constexpr std::size_t threads = 4;
  constexpr std::size_t each = 10;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> running;
    for (std::size_t t = 0; t < threads; ++t) {
      running.emplace_back([&] {
        for (std::size_t i = 0; i < each; ++i) {
          const NewPack pack = pack_of_random(50);
          const SnapshotRow row = this->commit(kTime, {pack});
          for (std::size_t c = 0; c < pack.chunks.size(); ++c) {
            if (this->catalog().find(key_of(pack.chunks[c].ref)) != location(pack, c)) ++wrong;
          }
          if (!this->catalog().snapshot(row.id)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  const std::vector<std::string> names = this->names();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), threads * each);
  EXPECT_EQ(names.back(), "2026-11-21T02-00-00Z." + std::to_string(threads * each));
  EXPECT_EQ(this->catalog().chunk_count(), threads * each * 50u);
}

// Each snapshot's record names its chunks, so a reader can tell whether it sees it all.
TYPED_TEST(CatalogTest, ProcessesCommitWhileOthersRead) {
  constexpr std::size_t each = 15;
  this->catalog_.reset();  // nothing open crosses the fork
  const auto commit_all = [&] {
    const auto catalog = this->place_.open();
    for (std::size_t i = 0; i < each; ++i) {
      const NewPack pack = pack_of_random(20);
      catalog->commit_snapshot(random_id<SnapshotId>(), kTime, {pack}, [&](const std::string&) {
        Bytes record;
        for (const ChunkRow& row : pack.chunks) {
          record.insert(record.end(), row.ref.bytes.begin(), row.ref.bytes.end());
        }
        return record;
      });
    }
    return 0;
  };
  Child first(commit_all);
  Child second(commit_all);
  const auto reader = this->place_.open();
  std::vector<SnapshotRow> rows;
  do {
    rows = reader->snapshots();
    for (const SnapshotRow& row : rows) {
      for (std::size_t at = 0; at < row.record.size(); at += ChunkRef::size) {
        const auto ref = ChunkRef::from(ByteView(row.record).subspan(at));
        ASSERT_TRUE(reader->find(key_of(ref)));
      }
    }
  } while (rows.size() < 2 * each);
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_TRUE(reader->check().empty());
}

}  // namespace
}  // namespace varve
