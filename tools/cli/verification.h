// Proves a snapshot through the store's own read path, and records what came of it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository.h"

namespace varve::cli {

struct VerificationRequest {
  std::string level;  // "quick" or "full"
  // Names of sources whose files are those of an earlier snapshot: an attestation of that level
  // or better that stands there is taken over instead of reading everything again.
  std::vector<std::string> unchanged_sources;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;  // bytes of one file
  std::stop_token stop;
};

// Adds an attestation for each source to the repository and to `snapshot`. A source that does not
// pass is no Error: its attestation says so. Throws an interrupted Error; the attestations made
// before it stay.
void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request);

}  // namespace varve::cli
