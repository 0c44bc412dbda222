#include "tools/cli/verified.h"

#include <algorithm>
#include <array>

namespace varve::cli {
namespace {

constexpr std::array<std::string_view, 3> kLevels = {"none", "quick", "full"};

}  // namespace

const Attestation* newest_attestation(const Snapshot& snapshot, std::string_view source) {
  const auto found =
      std::find_if(snapshot.attestations.rbegin(), snapshot.attestations.rend(),
                   [&](const Attestation& attestation) { return attestation.source == source; });
  return found == snapshot.attestations.rend() ? nullptr : &*found;
}

std::string source_verified(const Snapshot& snapshot, std::string_view source) {
  const Attestation* attestation = newest_attestation(snapshot, source);
  if (attestation == nullptr) return "none";
  return attestation->passed ? attestation->level : "failed";
}

bool is_verified_enough(std::string_view verified, std::string_view wanted) {
  const auto rank = [](std::string_view level) {
    return std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin();
  };
  return verified != "failed" && rank(verified) >= rank(wanted);
}

}  // namespace varve::cli
