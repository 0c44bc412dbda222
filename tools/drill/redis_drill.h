// The drill of a Redis server's file: a new server loads it.
#pragma once

#include "tools/drill/drill.h"

namespace varve {

Attestation drill_redis(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                        const DrillRequest& request);

}  // namespace varve
