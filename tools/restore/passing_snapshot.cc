#include "tools/restore/passing_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace varve {
namespace {

const Attestation* newest_attestation(const Snapshot& snapshot, const std::string& source) {
  const auto last = std::ranges::find(snapshot.attestations.rbegin(), snapshot.attestations.rend(),
                                      source, &Attestation::source);
  return last == snapshot.attestations.rend() ? nullptr : &*last;
}

}  // namespace

const Attestation* failed_attestation(const Snapshot& snapshot, const std::string& source) {
  const Attestation* const newest = newest_attestation(snapshot, source);
  return newest != nullptr && !newest->passed ? newest : nullptr;
}

std::optional<Snapshot> newest_passing_snapshot(Repository& repository, const std::string& source,
                                                const SnapshotId& besides) {
  std::vector<Snapshot> snapshots = repository.snapshots();
  for (Snapshot& snapshot : snapshots | std::views::reverse) {
    const Attestation* const newest = newest_attestation(snapshot, source);
    if (snapshot.id != besides && newest != nullptr && newest->passed) return std::move(snapshot);
  }
  return std::nullopt;
}

std::string way_out_of(Repository& repository, const Snapshot& snapshot,
                       const std::string& source) {
  const auto good = newest_passing_snapshot(repository, source, snapshot.id);
  return fmt::format(
      "; {}; --force takes this one all the same",
      good ? fmt::format("the newest snapshot of {} that passed is {}", source, good->name)
           : fmt::format("no other snapshot of {} has passed", source));
}

}  // namespace varve
