// Which snapshots of a source have been proven, and which have failed.
#pragma once

#include <optional>
#include <string>

#include "store/repository.h"

namespace varve {

// The attestation that stands (store/proof.h), where it says that the source did not pass.
const Attestation* failed_attestation(const Snapshot& snapshot, const std::string& source);

// Of the source's other snapshots the newest one in which it passed.
std::optional<Snapshot> newest_passing_snapshot(Repository& repository, const std::string& source,
                                                const SnapshotId& besides);

// For the end of a message that refuses `snapshot`: "; the newest snapshot of history.db that
// passed is 2026-…; --force takes this one all the same".
std::string way_out_of(Repository& repository, const Snapshot& snapshot, const std::string& source);

}  // namespace varve
