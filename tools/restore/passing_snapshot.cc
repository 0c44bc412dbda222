#include "tools/restore/passing_snapshot.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/proof.h"

namespace varve {

const Attestation* failed_attestation(const Snapshot& snapshot, const std::string& source) {
  const Attestation* const deciding = deciding_attestation(snapshot, source);
  return deciding != nullptr && !deciding->passed ? deciding : nullptr;
}

std::optional<Snapshot> newest_passing_snapshot(Repository& repository, const std::string& source,
                                                const SnapshotId& besides) {
  std::vector<Snapshot> snapshots = repository.snapshots();
  for (auto snapshot = snapshots.rbegin(); snapshot != snapshots.rend(); ++snapshot) {
    const Attestation* const deciding = deciding_attestation(*snapshot, source);
    const bool passed = deciding != nullptr && deciding->passed;
    if (passed && snapshot->id != besides) return std::move(*snapshot);
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
