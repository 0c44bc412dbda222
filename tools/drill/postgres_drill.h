// The drill of a PostgreSQL dump: a new cluster takes it.
#pragma once

#include "tools/drill/drill.h"

namespace varve {

Attestation drill_postgres(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                           const DrillRequest& request);

}  // namespace varve
