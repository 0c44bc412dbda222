// The catalog seam: where every chunk lies, and the snapshots. An index over packs and
// records, transactional, and rebuildable from them.
//
// Implementations: SqliteCatalog (catalog.db in the repository); later PostgreSQL. All run
// tests/unit/catalog_*conformance_test.cc. Every call is thread-safe and atomic; what a call
// that changes something returned from is durable. Faults throw Error; a damaged catalog is a
// corrupt Error that names the file.
//
// Chunks are found by ChunkKey. Should a chunk come whose key another chunk has (only an
// attacker manages that), it is *crowded*: kept apart by its ref, and never a delta's base.
//
// Packs have small numbers inside a catalog, so that a chunk's row is short; the number means
// nothing outside and a rebuild may choose others.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/core/ids.h"
#include "store/core/location.h"
#include "store/core/time.h"

namespace varve {

struct PackRow {
  PackId id;
  std::uint64_t size = 0;
  std::uint64_t condemned_epoch = 0;  // 0: not condemned
  bool dropped = false;               // its file is gone or going; its chunks are absent
};

// Enough of a snapshot to list and resolve it; `record` holds the rest (see snapshot.h).
struct SnapshotRow {
  SnapshotId id;
  std::string name;  // the directory's name
  Timestamp time;
  Bytes record;
  std::vector<Bytes> attestations;  // documents of them, oldest first
};

class Catalog {
 public:
  virtual ~Catalog() = default;

  // --- chunks -------------------------------------------------------------------------
  // Where the chunk of this key lies; nothing if unknown or in a dropped pack.
  virtual std::optional<Location> find(ChunkKey key) = 0;
  // The same for many keys at one moment: found[i] for keys[i]. The spans are equally long.
  virtual void find_many(std::span<const ChunkKey> keys,
                         std::span<std::optional<Location>> found) = 0;
  // The crowded chunk of this ref. Asked where find() led to another chunk, or nowhere: the
  // chunk that crowded this one out may have gone before it.
  virtual std::optional<Location> find_crowded(const ChunkRef& ref) = 0;
  // Rows of chunks; those of dropped packs count until they are purged.
  virtual std::uint64_t chunk_count() = 0;

  // --- packs --------------------------------------------------------------------------
  virtual std::vector<PackRow> packs() = 0;
  // Adds packs whose files are durable already; one that is known stays as it is. A chunk that
  // has a row keeps it, unless that row lies in a condemned or dropped pack: then it moves here
  // (so does what gc copies out of condemned packs). A kept row may be another chunk's that came
  // at the same time, so what lost to it can be found as crowded.
  virtual void add_packs(const std::vector<NewPack>& packs) = 0;

  // --- snapshots ----------------------------------------------------------------------
  virtual std::vector<SnapshotRow> snapshots() = 0;  // oldest first (time, then name)
  // Newest first, of one moment, until `visit` returns false; it must not call the catalog.
  virtual void visit_snapshots(const std::function<bool(const SnapshotRow&)>& visit) = 0;
  virtual std::optional<SnapshotRow> snapshot(const SnapshotId& id) = 0;
  // The commit. Inside one transaction that no other commit overlaps: chooses the name for
  // `time` (".2", ".3"… where it is taken), calls `make_record(name)`, which makes the record
  // durable and returns its bytes, adds the packs as add_packs does, and inserts the row.
  // make_record must not call the catalog. An exception of it undoes everything.
  virtual SnapshotRow commit_snapshot(
      const SnapshotId& id, Timestamp time, const std::vector<NewPack>& packs,
      const std::function<Bytes(const std::string& name)>& make_record) = 0;
  // Adds the row and calls `make_durable`, which writes the attestation's blob, inside one
  // transaction that no other writing one overlaps, in any process: so each finds a free name. It
  // must not call the catalog; an exception of it undoes everything. not_found: no such snapshot.
  virtual void add_attestation(const SnapshotId& id, ByteView attestation,
                               const std::function<void()>& make_durable) = 0;
  // Rows only, all in one transaction; unknown ids are passed over. Returns how many went.
  virtual std::size_t forget(const std::vector<SnapshotId>& ids) = 0;
  // Grows with every change of the snapshots or their attestations by anybody. Cheap: a mount
  // asks each second.
  virtual std::uint64_t generation() = 0;

  // --- gc -----------------------------------------------------------------------------
  // The number of condemnations so far. An ingest notes it when it begins.
  virtual std::uint64_t epoch() = 0;
  // Marks packs in one transaction with a new epoch, which is returned; those that are condemned
  // already keep theirs. Ingests that begin later do not share chunks of these packs.
  virtual std::uint64_t condemn(const std::vector<PackId>& packs) = 0;
  virtual void acquit(const std::vector<PackId>& packs) = 0;
  // From here on the packs' chunks are absent (one small write, for a full disk)…
  virtual void drop_packs(const std::vector<PackId>& packs) = 0;
  // …and here one pack's rows go, in batches, and at the end its own. `refs` are the pack's
  // chunks (its footer names them); rows that have moved elsewhere stay. A pack that is not
  // known is purged already; one that is not dropped is an Error. The file is the caller's.
  // Rejected: finding the rows by their pack. The index for it would double a chunk's row.
  virtual void purge_dropped(const PackId& pack, std::span<const ChunkRef> refs) = 0;

  // --- repair -------------------------------------------------------------------------
  // What a repair found to be so, in one transaction: the rows of `gone` go wherever they lead,
  // then packs come in as by add_packs, but a row moves here wherever it led, and a pack that was
  // condemned or dropped is in use again. For two chunks of one key the caller says which one is
  // crowded.
  struct GoneChunk {
    ChunkRef ref;
    bool crowded = false;
  };
  virtual void correct(std::span<const GoneChunk> gone, const std::vector<NewPack>& packs) = 0;
  // A snapshot as it is, its name and attestations included. False, and nothing changes, where
  // its id or its name is there already.
  virtual bool add_snapshot(const SnapshotRow& row) = 0;

  // Bytes that the catalog takes on disk, journals included.
  virtual std::uint64_t stored_bytes() = 0;
  // Structure check of the catalog itself; one line for each thing wrong, none when sound.
  virtual std::vector<std::string> check() = 0;
  // The part of it that says what is in use: snapshots and packs are all there and found, and no
  // change was lost. What a damaged catalog does not know would look like garbage. Quick, as it
  // reads no chunks.
  virtual std::vector<std::string> check_roots() = 0;
};

}  // namespace varve
