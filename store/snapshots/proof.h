// How well a snapshot's sources are proven, by what is attested of them.
//
// Levels: "none" < "quick" < "full" < "drill". A proof stands until a better or newer one comes.
// A failure stands until a proof of its own level or a better one comes after it: quick_check
// finding nothing does not take back what integrity_check found.
#pragma once

#include <optional>
#include <string_view>

#include "store/snapshots/snapshot.h"

namespace varve {

// Whether `proven` is at least as good as the level `wanted`. "failed" never is.
bool is_proven_enough(std::string_view proven, std::string_view wanted);

// The attestation that says how well a source is proven at present; nullptr where there is none.
const Attestation* deciding_attestation(const Snapshot& snapshot, std::string_view source);

// When a source was proven last at this level or a better one; nothing where that never was, or
// where a failure stands.
std::optional<Timestamp> proven_at(const Snapshot& snapshot, std::string_view source,
                                   std::string_view level);

}  // namespace varve
