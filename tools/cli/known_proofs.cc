#include "tools/cli/known_proofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/core/error.h"
#include "store/snapshots/proof.h"
#include "store/snapshots/retention.h"
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

KnownProofs::Claim::Claim(KnownProofs& known, std::string content)
    : known_(&known), content_(std::move(content)) {}

KnownProofs::Claim::Claim(Claim&& other) noexcept
    : known_(std::exchange(other.known_, nullptr)), content_(std::move(other.content_)) {}

KnownProofs::Claim::~Claim() {
  if (known_ == nullptr) return;
  {
    const std::lock_guard lock(known_->mutex_);
    known_->claimed_.erase(content_);
  }
  known_->released_.notify_all();
}

KnownProofs::Claim KnownProofs::claim(const Snapshot& snapshot, std::uint32_t source,
                                      const std::stop_token& stop) {
  std::string content = content_of(snapshot, source);
  std::unique_lock lock(mutex_);
  const bool is_free = released_.wait(lock, stop, [&] { return !claimed_.contains(content); });
  if (!is_free) throw Error(ErrorCode::interrupted, "interrupted");
  claimed_.insert(content);
  return Claim(*this, std::move(content));
}

}  // namespace varve::cli
