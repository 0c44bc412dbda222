// Removes snapshots: catalog rows first, in one transaction, then records and attestations.
// The space comes back with gc.
//
// Where the disk is full it goes on with the reserve (reserve.h).
//
// While an ingest runs, the records stay for gc to remove: a running ingest may build on a
// snapshot that is forgotten meanwhile, and gc marks from every record it finds (see mark.h).
#pragma once

#include <vector>

#include "store/repository/repository.h"

namespace varve {

// Unknown ids are passed over. Returns how many snapshots went.
std::size_t forget(Repository& repository, const std::vector<SnapshotId>& ids);

}  // namespace varve
