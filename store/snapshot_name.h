// How a person names a snapshot. Pure.
#pragma once

#include <string>
#include <vector>

#include "store/snapshot.h"

namespace varve {

// The snapshot that `text` means, of `snapshots` (oldest first): its name; an unambiguous prefix
// of a name or id; "latest"; "latest:SOURCE"; or a time: the newest at or before it. Throws
// not_found (nothing fits) or usage (several do).
Snapshot resolve_snapshot(const std::vector<Snapshot>& snapshots, const std::string& text);

}  // namespace varve
