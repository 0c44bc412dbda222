// A repository: its folder, its configuration, and the parts that work on it.
//
//   REPO/config               what it is: format version, id, parameters (FORMAT.md)
//   REPO/config.copy          the same bytes again
//   REPO/packs/3f/3f09…       packs
//   REPO/snapshots/<id>       snapshot records
//   REPO/attestations/<id>-1  attestations
//   REPO/parity/packs/3f/3f…  the parity of packs, records and attestations, if it has any
//   REPO/catalog.db           the catalog (SQLite)
//   REPO/locks/               lock files; see session.h
//   REPO/cache/               what may be deleted at any time
//   REPO/reserve              bytes that forget and gc free first when the disk is full
//
// Whoever has it open holds a shared lock on `config`, so that a rebuilding of the catalog has it
// to itself (lock_alone()).
//
// Thread-safe after open(); one Repository a process is enough.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/blob/backend.h"
#include "store/blob/pack_reader.h"
#include "store/catalog/catalog.h"
#include "store/core/file.h"
#include "store/read/chunk_reader.h"
#include "store/repository/repository_config.h"
#include "store/snapshots/snapshot.h"

namespace varve {

class ParityBackend;

// The seams of a repository.
struct RepositoryParts {
  std::unique_ptr<BlobBackend> blobs;
  std::unique_ptr<Catalog> catalog;
};

class Repository {
 public:
  // Creates one, or leaves nothing (founding.h). `path` must be absent or an empty folder.
  static void create(const Path& path, RepositoryConfig config = {});
  // Throws no_repository where there is none, a failed Error for a newer format, a locked one while
  // the catalog is being rebuilt.
  static std::unique_ptr<Repository> open(const Path& path);
  // The same, with what `wrap` makes of its parts: other implementations, or ones that fail.
  using Wrap = std::function<RepositoryParts(RepositoryParts)>;
  static std::unique_ptr<Repository> open(const Path& path, const Wrap& wrap);
  // Its configuration, read and locked: as long as the file is open nobody opens the repository. A
  // locked Error where somebody has it open; else as open().
  struct Alone {
    File config_file;
    RepositoryConfig config;
    Path root;
  };
  static Alone lock_alone(const Path& path);
  ~Repository();

  const Path& path() const noexcept;  // absolute
  const RepositoryConfig& config() const noexcept;
  BlobBackend& blobs() noexcept;
  ParityBackend* parity() noexcept;  // what blobs() goes through; nullptr: it has no parity
  Catalog& catalog() noexcept;
  PackReader& packs() noexcept;
  ChunkReader& chunks() noexcept;

  // All snapshots, oldest first, attestations attached. All or none: who forgets, collects garbage
  // or takes the newest must know of every one. Throws a corrupt Error that names the first
  // that cannot be read.
  std::vector<Snapshot> snapshots();
  // The one that `text` means: a name, an unambiguous prefix of a name or id, "latest",
  // "latest:SOURCE", or a time (the newest at or before it). A whole name needs that one snapshot's
  // record alone; all else reads every one. Throws not_found or usage.
  Snapshot resolve(const std::string& text);

  // The newest snapshot that holds this source; nothing if none does. Those whose record cannot be
  // read are passed over.
  std::optional<Snapshot> latest_of(const std::string& source_name);
  // The same for many sources.
  struct Latest {
    std::vector<std::shared_ptr<const Snapshot>> snapshots;  // in the sources' order; null: none
    std::vector<std::string> unreadable;                     // a line for each that was passed over
  };
  Latest latest_of(const std::vector<std::string>& source_names);

  // Makes attestations durable and part of the snapshot, all of them or none.
  void attest(const SnapshotId& id, const std::vector<Attestation>& attestations);

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The blobs of a repository, through its parity if it has any.
std::unique_ptr<BlobBackend> open_blobs(const Path& root, const RepositoryConfig& config);

// "snapshots/<id>" and "attestations/<id>-": blob names of a snapshot's record and attestations.
std::string record_name(const SnapshotId& id);
std::string attestation_prefix(const SnapshotId& id);

// The row of the catalog with its record and attestations decoded. A corrupt Error names it.
Snapshot to_snapshot(const SnapshotRow& row);

}  // namespace varve
