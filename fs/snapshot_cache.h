// Decoded snapshots: those that somebody holds, and the last few that somebody asked for.
//
// Thread-safe.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "fs/snapshot_view.h"
#include "store/repository.h"

namespace varve {

class SnapshotCache {
 public:
  // Views are of this source alone; empty: whole.
  SnapshotCache(Repository& repository, std::string source);

  // From memory, else from the catalog; nullptr where the snapshot was forgotten. One that
  // somebody still holds is found even then.
  std::shared_ptr<const SnapshotView> find(const SnapshotId& id);
  // With the attestations of this moment; nothing where the snapshot was forgotten.
  std::optional<Snapshot> read_now(const SnapshotId& id);
  // Gives up what the cache itself holds, where `is_listed` says no.
  void drop_unless(const std::function<bool(const SnapshotId&)>& is_listed);

 private:
  std::shared_ptr<const SnapshotView> remembered(const SnapshotId& id);
  void keep(const std::shared_ptr<const SnapshotView>& view);

  Repository& repository_;
  const std::string source_;
  std::mutex mutex_;  // guards what follows; never held while the catalog is read
  std::unordered_map<SnapshotId, std::weak_ptr<const SnapshotView>> alive_;
  std::list<std::shared_ptr<const SnapshotView>> recent_;  // newest first; bounded
};

}  // namespace varve
