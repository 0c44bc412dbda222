#include "store/snapshots/proof.h"

#include <algorithm>
#include <array>

namespace varve {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"none", "quick", "full", "drill"};

auto rank(std::string_view level) {
  return std::find(kLevels.begin(), kLevels.end(), level) - kLevels.begin();
}

}  // namespace

bool is_proven_enough(std::string_view proven, std::string_view wanted) {
  return proven != "failed" && rank(proven) >= rank(wanted);
}

const Attestation* deciding_attestation(const Snapshot& snapshot, std::string_view source) {
  const Attestation* deciding = nullptr;
  for (const Attestation& next : snapshot.attestations) {
    if (next.source != source) continue;
    const bool decides =
        deciding == nullptr || !next.passed || rank(next.level) >= rank(deciding->level);
    if (decides) deciding = &next;
  }
  return deciding;
}

std::optional<Timestamp> proven_at(const Snapshot& snapshot, std::string_view source,
                                   std::string_view level) {
  if (snapshot.verified(source) == "failed") return {};
  std::optional<Timestamp> last;
  for (const Attestation& one : snapshot.attestations) {
    const bool counts = one.source == source && one.passed && is_proven_enough(one.level, level);
    if (counts && (!last || one.time > *last)) last = one.time;
  }
  return last;
}

}  // namespace varve
