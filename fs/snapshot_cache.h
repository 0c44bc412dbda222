// Decoded snapshots: those that somebody holds, and the last few that somebody asked for.
//
// Thread-safe.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "fs/snapshot_view.h"
#include "store/repository/repository.h"

namespace varve {

class SnapshotCache {
 public:
  // Views are of this source alone; empty: whole.
  SnapshotCache(Repository& repository, std::string source);

  // From memory, else from the catalog; nullptr where the snapshot was forgotten. One that
  // somebody still holds is found even then. Its attestations may be older than the catalog's.
  std::shared_ptr<const SnapshotView> find(const SnapshotId& id);
  // The same with the attestations of this moment.
  std::shared_ptr<const SnapshotView> find_current(const SnapshotId& id);
  // Gives up what the cache itself holds, where `is_listed` says no.
  void drop_unless(const std::function<bool(const SnapshotId&)>& is_listed);

 private:
  struct Known {
    std::weak_ptr<const SnapshotView> view;
    std::uint64_t generation = 0;  // of the catalog, before it was read
  };
  std::shared_ptr<const SnapshotView> remembered(const SnapshotId& id,
                                                 std::optional<std::uint64_t> generation);
  std::shared_ptr<const SnapshotView> load(const SnapshotId& id, std::uint64_t generation);
  void keep(const std::shared_ptr<const SnapshotView>& view, std::uint64_t generation);

  Repository& repository_;
  const std::string source_;
  std::mutex mutex_;  // guards what follows; never held while the catalog is read
  std::unordered_map<SnapshotId, Known> alive_;
  std::list<std::shared_ptr<const SnapshotView>> recent_;  // newest first; bounded
};

}  // namespace varve
