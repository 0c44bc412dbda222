// What the conformance suite of catalogs is built of: places where one lies, packs to put in. A new
// catalog adds its place to CatalogPlaces.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "store/catalog/sqlite_catalog.h"
#include "tests/support/temp_folder.h"

namespace varve {

// Opens the same place again and again, as processes do.
class SqlitePlace {
 public:
  SqlitePlace() { SqliteCatalog::create(folder_ / "catalog.db"); }
  std::unique_ptr<Catalog> open() {
    return std::make_unique<SqliteCatalog>(folder_ / "catalog.db");
  }

 private:
  TempFolder folder_;
};

// Refs of one key: `key` in front, `rest` behind.
inline ChunkRef ref_with(std::uint64_t key, std::uint8_t rest) {
  ChunkRef ref;
  for (std::size_t i = 0; i < 8; ++i) ref.bytes[i] = static_cast<std::byte>(key >> (56 - 8 * i));
  ref.bytes[15] = static_cast<std::byte>(rest);
  return ref;
}

// A pack that holds `refs` one after the other, 100 bytes each.
inline NewPack pack_of(const std::vector<ChunkRef>& refs) {
  NewPack pack{random_id<PackId>(), 16, {}};
  for (const ChunkRef& ref : refs) {
    pack.chunks.push_back({ref, pack.size, 100, false});
    pack.size += 100;
  }
  return pack;
}

inline NewPack pack_of_random(std::size_t count) {
  std::vector<ChunkRef> refs(count);
  for (ChunkRef& ref : refs) ref = random_id<ChunkRef>();
  return pack_of(refs);
}

inline std::vector<ChunkRef> refs_of(const NewPack& pack) {
  std::vector<ChunkRef> refs;
  for (const ChunkRow& row : pack.chunks) refs.push_back(row.ref);
  return refs;
}

inline Location location(const NewPack& pack, std::size_t index) {
  return {pack.id, pack.chunks[index].offset, pack.chunks[index].length};
}

inline Bytes record_of(const std::string& name) {
  const ByteView bytes = as_bytes(name);
  return {bytes.begin(), bytes.end()};
}

constexpr Timestamp kTime{1795226400};  // 2026-11-21T02:00:00Z

template <class Place>
class CatalogTest : public ::testing::Test {
 protected:
  Catalog& catalog() { return *catalog_; }
  void reopen() {
    catalog_.reset();
    catalog_ = place_.open();
  }

  SnapshotRow commit(Timestamp time = kTime, const std::vector<NewPack>& packs = {}) {
    return catalog().commit_snapshot(random_id<SnapshotId>(), time, packs, record_of);
  }

  std::vector<std::string> names() {
    std::vector<std::string> found;
    for (const SnapshotRow& row : catalog().snapshots()) found.push_back(row.name);
    return found;
  }

  std::optional<PackRow> pack_row(const PackId& id) {
    for (const PackRow& row : catalog().packs()) {
      if (row.id == id) return row;
    }
    return std::nullopt;
  }

  void expect_at(const ChunkRef& ref, const std::optional<Location>& where) {
    EXPECT_EQ(catalog().find(key_of(ref)), where) << to_hex(ref.view());
  }

  Place place_;
  std::unique_ptr<Catalog> catalog_ = place_.open();
};

using CatalogPlaces = ::testing::Types<SqlitePlace>;

}  // namespace varve
