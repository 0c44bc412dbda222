#include "tools/restore/passing_snapshot.h"

#include <fmt/format.h>

#include "store/snapshots/proof.h"

namespace varve {

std::optional<std::string> verification_fault(const Snapshot& snapshot, const std::string& source) {
  const Attestation* const deciding = deciding_attestation(snapshot, source);
  if (deciding == nullptr || deciding->passed) return std::nullopt;
  return fmt::format("{} of snapshot {} did not pass its verification ({})", source, snapshot.name,
                     deciding->detail);
}

std::string way_out(Repository& repository, const Snapshot& snapshot, const std::string& source) {
  const std::vector<Snapshot> snapshots = repository.snapshots();
  for (auto other = snapshots.rbegin(); other != snapshots.rend(); ++other) {
    const Attestation* const deciding = deciding_attestation(*other, source);
    if (other->id == snapshot.id || deciding == nullptr || !deciding->passed) continue;
    return fmt::format("the newest other snapshot of {} that passed is {}", source, other->name);
  }
  return fmt::format("no other snapshot of {} has passed", source);
}

Error refusal(Repository& repository, const Snapshot& snapshot, const std::string& source,
              const std::string& fault) {
  return Error(ErrorCode::failed,
               fmt::format("{}: nothing was replaced; {}; --force takes this one all the same",
                           fault, way_out(repository, snapshot, source)));
}

std::string taken_all_the_same(const std::string& fault) {
  return fault + "; it was restored all the same";
}

std::optional<std::string> require_passed(Repository& repository, const Snapshot& snapshot,
                                          const std::string& source, bool force) {
  const auto fault = verification_fault(snapshot, source);
  if (!fault) return std::nullopt;
  if (!force) throw refusal(repository, snapshot, source, *fault);
  return taken_all_the_same(*fault);
}

}  // namespace varve
