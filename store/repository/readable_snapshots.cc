#include "store/repository/readable_snapshots.h"

#include "store/core/error.h"

namespace varve {

ReadableSnapshots readable_snapshots(Repository& repository) {
  ReadableSnapshots found;
  for (const SnapshotRow& row : repository.catalog().snapshots()) {
    try {
      found.snapshots.push_back(to_snapshot(row));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      found.unreadable.emplace_back(error.what());
    }
  }
  return found;
}

}  // namespace varve
