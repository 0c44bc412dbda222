#include "store/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "store/core/error.h"
#include "store/session.h"
#include "store/snapshot_writer.h"

namespace varve {
namespace {

// A source, and what the last snapshot has of it.
struct Candidate {
  std::unique_ptr<Source> source;
  Bytes fingerprint;
  std::optional<Snapshot> last;
  bool unchanged = false;
};

const SourceInfo* find_source(const Snapshot& snapshot, const std::string& name) {
  const auto found = std::ranges::find(snapshot.sources, name, &SourceInfo::name);
  return found == snapshot.sources.end() ? nullptr : &*found;
}

bool is_unchanged(const Candidate& candidate, const IngestRequest& request) {
  if (!candidate.last || candidate.fingerprint.empty()) return false;
  const SourceInfo* info = find_source(*candidate.last, candidate.source->name());
  return info->fingerprint == candidate.fingerprint && info->kind == candidate.source->kind() &&
         info->location == candidate.source->location() &&
         (!request.acceptable || request.acceptable(*candidate.last));
}

void refuse_duplicates(const std::vector<Candidate>& candidates) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t j = i + 1; j < candidates.size(); ++j) {
      if (candidates[i].source->name() == candidates[j].source->name()) {
        throw Error(ErrorCode::usage,
                    fmt::format("{} and {} would both be named '{}' in the snapshot",
                                candidates[i].source->location(), candidates[j].source->location(),
                                candidates[i].source->name()));
      }
    }
  }
}

std::vector<Candidate> examine(Repository& repository, IngestRequest& request) {
  std::vector<Candidate> candidates;
  for (std::unique_ptr<Source>& source : request.sources) {
    candidates.push_back({.source = std::move(source), .fingerprint = {}, .last = {}});
  }
  refuse_duplicates(candidates);
  for (Candidate& candidate : candidates) {
    candidate.fingerprint = candidate.source->fingerprint();
    candidate.last = repository.latest_of(candidate.source->name());
    candidate.unchanged = is_unchanged(candidate, request);
  }
  return candidates;
}

// Nothing to do: the newest of the snapshots that hold the sources as they are.
IngestResult nothing_new(std::vector<Candidate>& candidates) {
  const auto newest = std::ranges::max_element(
      candidates, {}, [](const Candidate& candidate) { return candidate.last->time; });
  IngestResult result;
  result.snapshot = *newest->last;
  result.unchanged = true;
  return result;
}

// A verification of the same bytes holds for the snapshot that takes them over.
void carry_attestations(Repository& repository, const Candidate& candidate, Snapshot& snapshot) {
  for (const Attestation& attestation : candidate.last->attestations) {
    if (attestation.source != candidate.source->name()) continue;
    repository.attest(snapshot.id, attestation);
    snapshot.attestations.push_back(attestation);
  }
}

std::vector<FileLock> lock_sources(Repository& repository,
                                   const std::vector<Candidate>& candidates) {
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) names.push_back(candidate.source->name());
  std::ranges::sort(names);
  std::vector<FileLock> locks;
  for (const std::string& name : names) locks.push_back(lock_source(repository, name));
  return locks;
}

IngestResult take(Repository& repository, std::vector<Candidate>& candidates,
                  const IngestRequest& request, std::uint64_t epoch) {
  SnapshotWriter writer(repository, epoch, request);
  // All read points are opened before the first byte is copied.
  for (Candidate& candidate : candidates) {
    if (!candidate.unchanged) candidate.source->open();
  }
  const Timestamp time = request.time.value_or(Timestamp::now());
  for (Candidate& candidate : candidates) {
    if (candidate.unchanged) {
      writer.take_over(*candidate.last, candidate.source->name());
    } else {
      writer.copy(*candidate.source, candidate.fingerprint, candidate.last);
    }
  }
  IngestResult result = writer.commit(time);
  for (const Candidate& candidate : candidates) {
    if (candidate.unchanged) carry_attestations(repository, candidate, result.snapshot);
  }
  return result;
}

}  // namespace

IngestResult ingest(Repository& repository, IngestRequest request) {
  const auto start = std::chrono::steady_clock::now();
  if (request.sources.empty()) throw Error(ErrorCode::usage, "no source was named");

  const IngestSession session(repository);  // from here on gc keeps what we may come to share
  std::vector<Candidate> candidates = examine(repository, request);
  const bool unchanged = std::ranges::all_of(candidates, &Candidate::unchanged);

  IngestResult result;
  if (unchanged && !request.even_if_unchanged) {
    result = nothing_new(candidates);
  } else {
    const std::vector<FileLock> locks = lock_sources(repository, candidates);
    result = take(repository, candidates, request, session.epoch());
  }
  for (const Candidate& candidate : candidates) {
    if (candidate.unchanged) result.unchanged_sources.push_back(candidate.source->name());
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  result.seconds = elapsed.count();
  return result;
}

}  // namespace varve
