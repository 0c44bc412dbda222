#include "tools/cli/verification.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "store/core/parallel.h"
#include "store/snapshots/proof.h"
#include "tools/cli/proving.h"
#include "tools/cli/shared_progress.h"

namespace varve::cli {
namespace {

// Each takes up to 64 MiB for SQLite's pages, and a second thread for the hash.
constexpr unsigned kSourcesAtOnce = 2;

using Results = std::vector<std::optional<Attestation>>;

void keep(Repository& repository, Snapshot& snapshot, Results& results) {
  std::vector<Attestation> made;
  for (std::optional<Attestation>& result : results) {
    if (result) made.push_back(std::move(*result));
  }
  if (made.empty()) return;
  repository.attest(snapshot.id, made);
  std::move(made.begin(), made.end(), std::back_inserter(snapshot.attestations));
}

// Others are put in a drill.
bool is_asserted(const Snapshot& snapshot, const SourceInfo& source, const std::string& level,
                 const std::vector<JobAssertion>& assertions) {
  if (source.kind != "sqlite" || level != "full") return true;
  const std::vector<std::string> wanted = assertions_of(source.name, assertions);
  return wanted.empty() || has_put(*deciding_attestation(snapshot, source.name), wanted);
}

bool is_verified(const Snapshot& snapshot, const SourceInfo& source, const std::string& level,
                 const std::vector<JobAssertion>& assertions) {
  return level == "none" || (is_proven_enough(snapshot.verified(source.name), level) &&
                             is_asserted(snapshot, source, level, assertions));
}

}  // namespace

std::vector<std::string> assertions_of(const std::string& source,
                                       const std::vector<JobAssertion>& assertions) {
  std::vector<std::string> statements;
  for (const JobAssertion& assertion : assertions) {
    if (assertion.source == source) statements.push_back(assertion.sql);
  }
  return statements;
}

bool is_verified(const Snapshot& snapshot, const std::string& level,
                 const std::vector<JobAssertion>& assertions) {
  return std::ranges::all_of(snapshot.sources, [&](const SourceInfo& source) {
    return is_verified(snapshot, source, level, assertions);
  });
}

void verify_snapshot(Repository& repository, Snapshot& snapshot,
                     const VerificationRequest& request) {
  Results results(snapshot.sources.size());
  SharedProgress progress(results.size(), request.progress);
  const auto verify = [&](std::size_t i) {
    const SourceInfo& source = snapshot.sources[i];
    const bool has_files =
        std::ranges::any_of(snapshot.files, [&](const FileEntry& f) { return f.source == i; });
    // What was taken over from an earlier snapshot came with its proof.
    if (!has_files || is_verified(snapshot, source, request.level, request.assertions)) return;
    ProvingRequest one;
    one.level = request.level;
    one.assertions = assertions_of(source.name, request.assertions);
    one.stop = request.stop;
    one.progress = [&, i](std::uint64_t done, std::uint64_t all) { progress.show(i, done, all); };
    results[i] = prove(repository, snapshot, static_cast<std::uint32_t>(i), one);
  };
  try {
    for_each_index(results.size(), kSourcesAtOnce, request.stop, verify);
  } catch (...) {
    keep(repository, snapshot, results);
    throw;
  }
  keep(repository, snapshot, results);
}

}  // namespace varve::cli
