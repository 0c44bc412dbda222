// How a person names a snapshot. Pure.
#pragma once

#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"

namespace varve {

// The tag of what a restore has replaced.
inline constexpr const char* kSafetyTag = "pre-restore";

// Taken by a restore of what it was about to replace: nobody's backup, only a way back.
bool is_safety_snapshot(const Snapshot& snapshot);

// The snapshot that `text` means, of `snapshots` (oldest first): its name; an unambiguous prefix
// of a name or id; "latest"; "latest:SOURCE"; or a time: the newest at or before it. A whole name
// ("2026-11-21T02-00-00Z") is never taken for a time, so that one that was forgotten is none.
// Safety snapshots are meant only where no other one fits, or by "latest:SOURCE" or their whole
// name: after a restore "latest" is not what has just been replaced. Throws not_found (nothing
// fits) or usage (several do).
Snapshot resolve_snapshot(const std::vector<Snapshot>& snapshots, const std::string& text);

}  // namespace varve
