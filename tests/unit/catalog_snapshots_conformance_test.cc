// What every catalog promises (store/catalog/catalog.h) of snapshots and attestations.
#include <gtest/gtest.h>

#include <stdexcept>

#include "store/core/error.h"
#include "tests/support/expect_error.h"
#include "tests/unit/catalog_conformance.h"

namespace varve {
namespace {

template <class Place>
class CatalogSnapshotsTest : public CatalogTest<Place> {};

TYPED_TEST_SUITE(CatalogSnapshotsTest, CatalogPlaces);

// --- snapshots ----------------------------------------------------------------------------

TYPED_TEST(CatalogSnapshotsTest, ACommitAddsSnapshotAndPacksAtOnce) {
  const NewPack pack = pack_of_random(3);
  const auto id = random_id<SnapshotId>();
  const SnapshotRow row = this->catalog().commit_snapshot(id, kTime, {pack}, record_of);
  EXPECT_EQ(row.id, id);
  EXPECT_EQ(row.name, "2026-11-21T02-00-00Z");
  EXPECT_EQ(row.time, kTime);
  EXPECT_EQ(row.record, record_of(row.name));
  this->reopen();
  const auto found = this->catalog().snapshot(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, row.name);
  EXPECT_EQ(found->time, kTime);
  EXPECT_EQ(found->record, row.record);
  EXPECT_TRUE(found->attestations.empty());
  this->expect_at(pack.chunks[2].ref, location(pack, 2));
  EXPECT_FALSE(this->catalog().snapshot(random_id<SnapshotId>()));
}

TYPED_TEST(CatalogSnapshotsTest, SnapshotsOfOneSecondAreNumbered) {
  std::vector<std::string> expected{"2026-11-21T02-00-00Z"};
  this->commit();
  for (int i = 2; i <= 11; ++i) {
    expected.push_back("2026-11-21T02-00-00Z." + std::to_string(i));
    EXPECT_EQ(this->commit().name, expected.back());
  }
  EXPECT_EQ(this->names(), expected);
  // A name that became free is the next one's.
  const SnapshotRow third = this->catalog().snapshots()[2];
  this->catalog().forget({third.id});
  EXPECT_EQ(this->commit().name, third.name);
}

TYPED_TEST(CatalogSnapshotsTest, SnapshotsComeOldestFirst) {
  this->commit({kTime.seconds + 60});
  this->commit({kTime.seconds - 60});
  this->commit({-1});
  this->commit(kTime);
  EXPECT_EQ(this->names(),
            (std::vector<std::string>{"1969-12-31T23-59-59Z", "2026-11-21T01-59-00Z",
                                      "2026-11-21T02-00-00Z", "2026-11-21T02-01-00Z"}));
}

TYPED_TEST(CatalogSnapshotsTest, LargeRecordsComeBack) {
  Bytes large(3u << 20);
  fill_random(large);
  const auto id = random_id<SnapshotId>();
  this->catalog().commit_snapshot(id, kTime, {}, [&](const std::string&) { return large; });
  EXPECT_EQ(this->catalog().snapshot(id)->record, large);
  const auto empty = random_id<SnapshotId>();
  this->catalog().commit_snapshot(empty, kTime, {}, [](const std::string&) { return Bytes(); });
  EXPECT_TRUE(this->catalog().snapshot(empty)->record.empty());
}

TYPED_TEST(CatalogSnapshotsTest, AnExceptionOfMakeRecordUndoesEverything) {
  this->commit();
  const std::uint64_t generation = this->catalog().generation();
  const NewPack pack = pack_of_random(100);
  EXPECT_THROW(this->catalog().commit_snapshot(random_id<SnapshotId>(), kTime, {pack},
                                               [](const std::string& name) -> Bytes {
                                                 EXPECT_EQ(name, "2026-11-21T02-00-00Z.2");
                                                 throw std::runtime_error("no record");
                                               }),
               std::runtime_error);
  EXPECT_EQ(this->names().size(), 1u);
  EXPECT_EQ(this->catalog().generation(), generation);
  EXPECT_EQ(this->catalog().chunk_count(), 0u);
  EXPECT_FALSE(this->pack_row(pack.id));
  this->expect_at(pack.chunks[0].ref, std::nullopt);
  // And all goes on.
  EXPECT_EQ(this->commit(kTime, {pack}).name, "2026-11-21T02-00-00Z.2");
  this->expect_at(pack.chunks[0].ref, location(pack, 0));
}

TYPED_TEST(CatalogSnapshotsTest, AttestationsComeInOrderAndGoWithTheirSnapshot) {
  const auto nothing = [] {};
  const SnapshotRow row = this->commit();
  const SnapshotRow other = this->commit();
  this->catalog().add_attestation(row.id, as_bytes("first"), nothing);
  this->catalog().add_attestation(other.id, as_bytes("other"), nothing);
  this->catalog().add_attestation(row.id, as_bytes("second"), nothing);
  const std::vector<Bytes> expected{record_of("first"), record_of("second")};
  EXPECT_EQ(this->catalog().snapshot(row.id)->attestations, expected);
  EXPECT_EQ(this->catalog().snapshots()[0].attestations, expected);
  EXPECT_EQ(this->catalog().snapshots()[1].attestations, std::vector<Bytes>{record_of("other")});
  this->catalog().forget({row.id});
  EXPECT_EQ(this->catalog().snapshot(other.id)->attestations,
            std::vector<Bytes>{record_of("other")});
  expect_error(ErrorCode::not_found, to_hex(row.id.view()),
               [&] { this->catalog().add_attestation(row.id, as_bytes("late"), nothing); });
}

TYPED_TEST(CatalogSnapshotsTest, AnAttestationIsThereWhereItsBlobIs) {
  const SnapshotRow row = this->commit();
  const std::uint64_t generation = this->catalog().generation();
  EXPECT_THROW(this->catalog().add_attestation(row.id, as_bytes("lost"),
                                               [] { throw std::runtime_error("no space"); }),
               std::runtime_error);
  EXPECT_TRUE(this->catalog().snapshot(row.id)->attestations.empty());
  EXPECT_EQ(this->catalog().generation(), generation);
  bool was_made = false;
  EXPECT_THROW(this->catalog().add_attestation(random_id<SnapshotId>(), as_bytes("of none"),
                                               [&] { was_made = true; }),
               Error);
  EXPECT_FALSE(was_made);
}

TYPED_TEST(CatalogSnapshotsTest, ForgetCountsWhatWent) {
  const SnapshotRow first = this->commit();
  const SnapshotRow second = this->commit();
  EXPECT_EQ(this->catalog().forget({first.id, random_id<SnapshotId>(), first.id}), 1u);
  EXPECT_FALSE(this->catalog().snapshot(first.id));
  EXPECT_TRUE(this->catalog().snapshot(second.id));
  EXPECT_EQ(this->catalog().forget({first.id}), 0u);
  EXPECT_EQ(this->catalog().forget({}), 0u);
}

TYPED_TEST(CatalogSnapshotsTest, GenerationGrowsWithEveryChangeByAnybody) {
  const auto nothing = [] {};
  const auto other = this->place_.open();
  std::uint64_t last = this->catalog().generation();
  const auto grew = [&] {
    const std::uint64_t before = std::exchange(last, this->catalog().generation());
    return last > before;
  };
  EXPECT_FALSE(grew());
  const SnapshotRow row = other->commit_snapshot(random_id<SnapshotId>(), kTime, {}, record_of);
  EXPECT_TRUE(grew());
  other->add_attestation(row.id, as_bytes("fine"), nothing);
  EXPECT_TRUE(grew());
  EXPECT_EQ(other->forget({row.id}), 1u);
  EXPECT_TRUE(grew());
  EXPECT_EQ(other->forget({row.id}), 0u);
  EXPECT_FALSE(grew());
  other->add_packs({pack_of_random(1)});
  EXPECT_FALSE(grew());
}

}  // namespace
}  // namespace varve
