#include "tools/cli/known_proofs.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/proof.h"
#include "store/retention.h"
#include "tools/cli/proving.h"

namespace varve::cli {
namespace {

// Equal for two sources that have the same files with the same bytes. The manifest's root is a
// hash over a file's content. Counted rows are part of what a proof compares with.
std::string content_of(const Snapshot& snapshot, std::uint32_t source) {
  const SourceInfo& info = snapshot.sources[source];
  std::string content = fmt::format("{}\n{}\n", info.kind, info.name);
  for (const auto& [table, rows] : info.row_counts) content += fmt::format("{}\n{}\n", table, rows);
  for (const FileEntry& file : snapshot.files) {
    if (file.source != source) continue;
    content += fmt::format("{}\n{}\n{}\n{}\n{}\n", file.path, static_cast<int>(file.type),
                           file.size, file.format, file.target);
    if (file.root) content += to_hex(file.root->view());
  }
  return content;
}

std::optional<std::uint32_t> number_of(const Snapshot& snapshot, const std::string& source) {
  const auto found = std::ranges::find(snapshot.sources, source, &SourceInfo::name);
  if (found == snapshot.sources.end()) return {};
  return static_cast<std::uint32_t>(found - snapshot.sources.begin());
}

}  // namespace

void KnownProofs::add(const Snapshot& snapshot, Timestamp since) {
  for (const Attestation& proof : snapshot.attestations) {
    const bool is_of_the_future = proof.time.seconds - Timestamp::now().seconds > kClockTolerance;
    if (proof.time < since || is_of_the_future || snapshot.verified(proof.source) == "failed")
      continue;
    add(snapshot, proof);
  }
}

void KnownProofs::add(const Snapshot& snapshot, const Attestation& proof) {
  const auto source = number_of(snapshot, proof.source);
  if (!proof.passed || !source) return;
  const std::lock_guard lock(mutex_);
  known_[content_of(snapshot, *source)].push_back({snapshot.name, proof});
}

std::optional<Attestation> KnownProofs::find(const Snapshot& snapshot, std::uint32_t source,
                                             const std::string& level,
                                             const std::vector<std::string>& assertions) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(content_of(snapshot, source));
  if (found == known_.end()) return {};
  const auto good = std::ranges::find_if(found->second, [&](const Known& one) {
    return is_proven_enough(one.proof.level, level) && has_put(one.proof, assertions);
  });
  if (good == found->second.end()) return {};
  Attestation proof = good->proof;
  if (proof.taken_from.empty() && good->snapshot != snapshot.name) {
    proof.taken_from = good->snapshot;
  }
  return proof;
}

}  // namespace varve::cli
