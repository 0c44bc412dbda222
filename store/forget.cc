#include "store/forget.h"

#include <set>

#include "store/record_files.h"
#include "store/session.h"

namespace varve {

std::size_t forget(Repository& repository, const std::vector<SnapshotId>& ids) {
  const std::size_t gone = repository.catalog().forget(ids);
  if (!running_ingests(repository).empty()) return gone;
  // Ids may be unknown, or their snapshots come back to the catalog by a rebuild.
  std::set<SnapshotId> absent;
  for (const SnapshotId& id : ids) {
    if (!repository.catalog().snapshot(id)) absent.insert(id);
  }
  remove_record_files(repository.blobs(), absent);
  return gone;
}

}  // namespace varve
