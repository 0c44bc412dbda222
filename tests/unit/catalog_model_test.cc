// Random operations on a catalog, held against a model so simple that it can be believed.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "store/catalog/sqlite_catalog.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

class Model {
 public:
  struct Pack {
    std::uint64_t size = 0;
    std::uint64_t condemned_epoch = 0;
    bool dropped = false;
  };
  struct Snapshot {
    SnapshotId id;
    std::string name;
    std::int64_t time = 0;
    std::vector<Bytes> attestations;
  };

  void add_pack(const NewPack& pack) {
    packs.try_emplace(pack.id, Pack{pack.size});
    for (const ChunkRow& row : pack.chunks) {
      const Location at{pack.id, row.offset, row.length};
      if (row.crowded || !put(main, key_of(row.ref).value, at)) put(crowded, row.ref, at);
    }
  }

  std::optional<Location> find(ChunkKey key) const { return found(main, key.value); }
  std::optional<Location> find_crowded(const ChunkRef& ref) const { return found(crowded, ref); }

  void purge(const PackId& pack, const std::vector<ChunkRef>& refs) {
    for (const ChunkRef& ref : refs) {
      erase(main, key_of(ref).value, pack);
      erase(crowded, ref, pack);
    }
    packs.erase(pack);
  }

  std::map<PackId, Pack> packs;
  std::map<std::uint64_t, Location> main;
  std::map<ChunkRef, Location> crowded;
  std::map<SnapshotId, Snapshot> snapshots;
  std::uint64_t epoch = 0;

 private:
  template <class Map, class Key>
  bool put(Map& rows, const Key& key, const Location& at) {
    const auto [row, is_new] = rows.try_emplace(key, at);
    if (is_new || row->second == at) return true;
    const auto pack = packs.find(row->second.pack);
    const bool stays =
        pack != packs.end() && pack->second.condemned_epoch == 0 && !pack->second.dropped;
    if (!stays) row->second = at;
    return !stays;
  }

  template <class Map, class Key>
  std::optional<Location> found(const Map& rows, const Key& key) const {
    const auto row = rows.find(key);
    if (row == rows.end()) return std::nullopt;
    const auto pack = packs.find(row->second.pack);
    if (pack == packs.end() || pack->second.dropped) return std::nullopt;
    return row->second;
  }

  template <class Map, class Key>
  static void erase(Map& rows, const Key& key, const PackId& pack) {
    const auto row = rows.find(key);
    if (row != rows.end() && row->second.pack == pack) rows.erase(row);
  }
};

// Few keys and few seconds, so that they meet often.
class RandomCatalogTest : public ::testing::Test {
 protected:
  RandomCatalogTest() {
    SqliteCatalog::create(file_);
    for (auto& catalog : catalogs_) catalog = std::make_unique<SqliteCatalog>(file_);
  }

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  Catalog& any_catalog() { return *catalogs_[below(catalogs_.size())]; }

  ChunkRef random_ref() {
    ChunkRef ref;
    ref.bytes[0] = static_cast<std::byte>(below(4) * 64);  // keys of either sign
    ref.bytes[7] = static_cast<std::byte>(below(50));
    ref.bytes[15] = static_cast<std::byte>(below(20) == 0 ? 1 + below(3) : 0);
    return ref;
  }

  NewPack random_pack() {
    NewPack pack;
    for (std::byte& byte : pack.id.bytes) byte = static_cast<std::byte>(random_());
    const std::size_t count = below(30);
    std::map<ChunkRef, bool> seen;  // a pack holds a chunk once
    for (std::size_t i = 0; i < count; ++i) {
      const ChunkRef ref = random_ref();
      if (!seen.try_emplace(ref, true).second) continue;
      const auto length = static_cast<std::uint32_t>(1 + below(70'000));
      pack.chunks.push_back({ref, pack.size, length, below(10) == 0});
      pack.size += length;
    }
    // Of one key's chunks in one pack either may come first; here they come in order.
    std::stable_sort(
        pack.chunks.begin(), pack.chunks.end(),
        [](const ChunkRow& a, const ChunkRow& b) { return key_of(a.ref) < key_of(b.ref); });
    return pack;
  }

  PackId random_known_pack() {
    if (model_.packs.empty()) return random_pack().id;
    return std::next(model_.packs.begin(), static_cast<long>(below(model_.packs.size())))->first;
  }

  SnapshotId random_snapshot() {
    if (model_.snapshots.empty() || below(10) == 0) return random_id<SnapshotId>();
    return std::next(model_.snapshots.begin(), static_cast<long>(below(model_.snapshots.size())))
        ->first;
  }

  void step();
  void commit();
  void purge();
  void compare();

  TempFolder folder_;
  const Path file_ = folder_ / "catalog.db";
  std::array<std::unique_ptr<SqliteCatalog>, 2> catalogs_;  // as two processes have it
  Model model_;
  std::map<PackId, std::vector<ChunkRef>> contents_;  // what purge is told
  unsigned seed_ = std::random_device()();
  std::mt19937_64 random_{seed_};
};

void RandomCatalogTest::commit() {
  const std::vector<NewPack> packs{random_pack(), random_pack()};
  const auto id = random_id<SnapshotId>();
  const Timestamp time{static_cast<std::int64_t>(below(3))};
  const bool fails = below(5) == 0;
  try {
    const SnapshotRow row =
        any_catalog().commit_snapshot(id, time, packs, [&](const std::string& name) -> Bytes {
          if (fails) throw std::runtime_error("as asked");
          return {as_bytes(name).begin(), as_bytes(name).end()};
        });
    ASSERT_FALSE(fails);
    for (const auto& [other, snapshot] : model_.snapshots) EXPECT_NE(snapshot.name, row.name);
    model_.snapshots[id] = {id, row.name, time.seconds, {}};
  } catch (const std::runtime_error&) {
    ASSERT_TRUE(fails);
    return;
  }
  for (const NewPack& pack : packs) {
    model_.add_pack(pack);
    for (const ChunkRow& row : pack.chunks) contents_[pack.id].push_back(row.ref);
  }
}

void RandomCatalogTest::purge() {
  for (const auto& [id, pack] : model_.packs) {
    if (!pack.dropped) continue;
    const PackId purged = id;
    any_catalog().purge_dropped(purged, contents_[purged]);
    model_.purge(purged, contents_[purged]);
    return;
  }
}

void RandomCatalogTest::step() {
  switch (below(10)) {
    case 0:
    case 1:
    case 2:
      return commit();
    case 3: {
      const NewPack pack = random_pack();
      any_catalog().add_packs({pack});
      model_.add_pack(pack);
      for (const ChunkRow& row : pack.chunks) contents_[pack.id].push_back(row.ref);
      return;
    }
    case 4: {
      const PackId pack = random_known_pack();
      ++model_.epoch;
      EXPECT_EQ(any_catalog().condemn({pack}), model_.epoch);
      const auto row = model_.packs.find(pack);
      if (row != model_.packs.end() && row->second.condemned_epoch == 0) {
        row->second.condemned_epoch = model_.epoch;
      }
      return;
    }
    case 5: {
      const PackId pack = random_known_pack();
      any_catalog().acquit({pack});
      if (const auto row = model_.packs.find(pack); row != model_.packs.end()) {
        row->second.condemned_epoch = 0;
      }
      return;
    }
    case 6: {
      const PackId pack = random_known_pack();
      any_catalog().drop_packs({pack});
      if (const auto row = model_.packs.find(pack); row != model_.packs.end()) {
        row->second.dropped = true;
      }
      return;
    }
    case 7:
      return purge();
    case 8: {
      const SnapshotId id = random_snapshot();
      if (below(2) == 0) {
        EXPECT_EQ(any_catalog().forget({id}), model_.snapshots.erase(id));
      } else if (model_.snapshots.contains(id)) {
        const Bytes attestation(below(2000), std::byte{7});
        any_catalog().add_attestation(id, attestation, [] {});
        model_.snapshots[id].attestations.push_back(attestation);
      }
      return;
    }
    default:
      catalogs_[below(catalogs_.size())] = std::make_unique<SqliteCatalog>(file_);
  }
}

void RandomCatalogTest::compare() {
  Catalog& catalog = any_catalog();
  for (int i = 0; i < 30; ++i) {
    const ChunkRef ref = random_ref();
    EXPECT_EQ(catalog.find(key_of(ref)), model_.find(key_of(ref)));
    EXPECT_EQ(catalog.find_crowded(ref), model_.find_crowded(ref));
  }
  const std::vector<PackRow> packs = catalog.packs();
  ASSERT_EQ(packs.size(), model_.packs.size());
  for (const PackRow& row : packs) {
    const auto pack = model_.packs.find(row.id);
    ASSERT_NE(pack, model_.packs.end());
    EXPECT_EQ(row.size, pack->second.size);
    EXPECT_EQ(row.condemned_epoch, pack->second.condemned_epoch);
    EXPECT_EQ(row.dropped, pack->second.dropped);
  }
  const std::vector<SnapshotRow> snapshots = catalog.snapshots();
  ASSERT_EQ(snapshots.size(), model_.snapshots.size());
  for (const SnapshotRow& row : snapshots) {
    const auto snapshot = model_.snapshots.find(row.id);
    ASSERT_NE(snapshot, model_.snapshots.end());
    EXPECT_EQ(row.name, snapshot->second.name);
    EXPECT_EQ(row.time.seconds, snapshot->second.time);
    EXPECT_EQ(row.attestations, snapshot->second.attestations);
    EXPECT_EQ(as_text(row.record), row.name);
  }
  EXPECT_EQ(catalog.epoch(), model_.epoch);
  EXPECT_EQ(catalog.chunk_count(), model_.main.size() + model_.crowded.size());
}

TEST_F(RandomCatalogTest, DoesWhatTheModelDoes) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  for (int i = 0; i < 400; ++i) {
    step();
    compare();
    if (HasFailure()) FAIL() << "after " << i + 1 << " operations";
  }
  EXPECT_TRUE(catalogs_[0]->check().empty());
}

}  // namespace
}  // namespace varve
