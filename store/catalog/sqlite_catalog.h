// The catalog in one SQLite file, for repositories on one machine. See schema.h for its tables.
//
// WAL with synchronous=FULL: readers never wait, writers wait for each other up to a minute
// (then a locked Error). The last process that closes a catalog that was written folds the WAL
// into the file; one that wrote nothing syncs nothing. Open it after fork(), never before; and
// open catalog.db only through this class (see connection.h).
#pragma once

#include <mutex>

#include "store/catalog/catalog.h"
#include "store/catalog/catalog_place.h"
#include "store/catalog/connection_pool.h"
#include "store/catalog/seen_generation.h"

namespace varve {

class SqliteCatalog : public Catalog {
 public:
  // Makes an empty catalog, durable; an io Error (EEXIST) where there is a file.
  static void create(const Path& path);
  // Opens one: not_found where there is none, corrupt where it is damaged, failed where a newer
  // varve wrote it. On a full disk the catalog still opens, but for one process at a time; on one
  // for reading it opens for reading (catalog_place.h).
  explicit SqliteCatalog(const Path& path);

  std::optional<Location> find(ChunkKey key) override;
  void find_many(std::span<const ChunkKey> keys, std::span<std::optional<Location>> found) override;
  std::optional<Location> find_crowded(const ChunkRef& ref) override;
  std::uint64_t chunk_count() override;

  std::vector<PackRow> packs() override;
  void add_packs(const std::vector<NewPack>& packs) override;

  std::vector<SnapshotRow> snapshots() override;
  void visit_snapshots(const std::function<bool(const SnapshotRow&)>& visit) override;
  std::optional<SnapshotRow> snapshot(const SnapshotId& id) override;
  SnapshotRow commit_snapshot(
      const SnapshotId& id, Timestamp time, const std::vector<NewPack>& packs,
      const std::function<Bytes(const std::string& name)>& make_record) override;
  void add_attestation(const SnapshotId& id, ByteView attestation,
                       const std::function<void()>& make_durable) override;
  std::size_t forget(const std::vector<SnapshotId>& ids) override;
  std::uint64_t generation() override;

  std::uint64_t epoch() override;
  std::uint64_t condemn(const std::vector<PackId>& packs) override;
  void acquit(const std::vector<PackId>& packs) override;
  void drop_packs(const std::vector<PackId>& packs) override;
  void purge_dropped(const PackId& pack, std::span<const ChunkRef> refs) override;

  void correct(std::span<const GoneChunk> gone, const std::vector<NewPack>& packs) override;
  bool add_snapshot(const SnapshotRow& row) override;

  std::uint64_t stored_bytes() override;
  std::vector<std::string> check() override;
  std::vector<std::string> check_roots() override;

 private:
  // Runs `work(connection)` in one write transaction, durable on return.
  template <class Work>
  auto write(const Work& work);
  // The same for a change of the snapshots: a later one may be held against it.
  template <class Work>
  auto change_snapshots(const Work& work);

  const CatalogPlace place_;
  ConnectionPool pool_;
  const SeenGeneration seen_;
  // Writers of this process queue here, where waiting is fair, not in SQLite's busy loop. Taken
  // before a connection is.
  std::mutex write_mutex_;
};

}  // namespace varve
