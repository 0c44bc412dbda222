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
  // Of all sources that are being verified; one call at a time.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
  std::stop_token stop;
};

// Adds an attestation to the repository and to `snapshot` for each source that has none of that
// level or better yet; two sources at a time. A source that does not pass is no Error: its
// attestation says so. Throws an interrupted Error; the attestations made before it stay.
void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request);

}  // namespace varve::cli
