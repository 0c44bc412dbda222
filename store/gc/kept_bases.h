// Garbage that stays must stay readable: an ingest that meets its bytes again shares it.
//
// A dead delta in a pack that is not taken away keeps its row, so its base, and what that stands
// on, is kept as if it were live.
#pragma once

#include <vector>

#include "store/gc/pack_use.h"

namespace varve {

// Adds to `live` what the garbage in all packs but `leaving` stands on, and counts it in those.
void keep_bases(const Usage& usage, KeySet& live, std::vector<PackUse>& leaving);

}  // namespace varve
