// How well things are verified, as words ("none", "quick", "full", "failed").
#pragma once

#include <string>
#include <string_view>

#include "store/snapshot.h"

namespace varve::cli {

// The newest attestation of a source of the snapshot; nullptr where there is none.
const Attestation* newest_attestation(const Snapshot& snapshot, std::string_view source);

// Of one source, by its newest attestation.
std::string source_verified(const Snapshot& snapshot, std::string_view source);

// Whether `verified` is at least as good as the level `wanted`. "failed" never is.
bool is_verified_enough(std::string_view verified, std::string_view wanted);

}  // namespace varve::cli
