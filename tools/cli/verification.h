// Proves a snapshot that was just made, and records what came of it.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/config/config.h"

namespace varve::cli {

struct VerificationRequest {
  std::string level;  // "quick" or "full"
  // Of all sources that are being verified; one call at a time.
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
  std::stop_token stop;
  std::vector<JobAssertion> assertions = {};  // each with its source's name
};

// Adds an attestation to the repository and to `snapshot` for each source that has none of that
// level or better yet; two sources at a time. A source that does not pass is no Error: its
// attestation says so. Throws an interrupted Error; the attestations made before it stay.
void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request);

// Whether every source passed at `level`, with the assertions that this level puts to it.
bool is_verified(const Snapshot& snapshot, const std::string& level,
                 const std::vector<JobAssertion>& assertions);

// The statements among `assertions` that are about this source.
std::vector<std::string> assertions_of(const std::string& source,
                                       const std::vector<JobAssertion>& assertions);

}  // namespace varve::cli
