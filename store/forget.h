// Removes snapshots: catalog rows first, in one transaction, then records and attestations.
// The space comes back with gc.
#pragma once

#include <vector>

#include "store/repository.h"

namespace varve {

// Unknown ids are passed over. Returns how many snapshots went.
std::size_t forget(Repository& repository, const std::vector<SnapshotId>& ids);

}  // namespace varve
