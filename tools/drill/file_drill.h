// The drill of what is restored by writing it out: SQLite databases, folders, files, streams.
#pragma once

#include "tools/drill/drill.h"

namespace varve {

Attestation drill_files(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                        const DrillRequest& request);

}  // namespace varve
