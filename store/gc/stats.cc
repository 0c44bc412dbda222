#include "store/gc/stats.h"

#include "store/blob/parity_backend.h"
#include "store/gc/mark.h"
#include "store/gc/pack_use.h"
#include "store/repository/record_files.h"

namespace varve {
namespace {

std::uint64_t bytes_below(BlobBackend& blobs, const std::string& prefix) {
  std::uint64_t bytes = 0;
  for (const BlobInfo& blob : blobs.list(prefix)) bytes += blob.size;
  return bytes;
}

void add_proofs(Stats& stats, const Snapshot& snapshot) {
  ++stats.verified[snapshot.verified()];
  for (const Attestation& proof : snapshot.attestations) {
    const bool is_drill = proof.passed && proof.level == "drill" && proof.taken_from.empty();
    if (!is_drill || (stats.last_drill && proof.time <= stats.last_drill->time)) continue;
    stats.last_drill = Drill{proof.source, snapshot.name, proof.time, proof.restore_seconds};
  }
}

void add_object(Stats& stats, const PackEntry& entry) {
  const ObjectHeader& header = entry.parsed.header;
  ObjectTotals& totals = header.kind == ObjectKind::node ? stats.manifests : stats.chunks;
  ++totals.count;
  totals.raw_bytes += header.plain_length;
  totals.stored_bytes += header.stored_length;
  totals.header_bytes += entry.parsed.header_length;
}

}  // namespace

double Stats::ratio() const {
  return stored_bytes == 0 ? 0 : static_cast<double>(raw_bytes) / static_cast<double>(stored_bytes);
}

Stats collect_stats(Repository& repository) {
  Stats stats;
  const Roots roots = find_roots(repository);
  stats.snapshots = roots.snapshots.size();
  for (const Snapshot& snapshot : roots.snapshots) {
    stats.raw_bytes += snapshot.raw_bytes();
    add_proofs(stats, snapshot);
  }

  KeySet live = mark(repository, roots, {}).live;
  const Usage usage = measure_packs(repository, live, {},
                                    [&](const PackEntry& entry) { add_object(stats, entry); });
  for (const PackUse& use : usage.packs) {
    stats.garbage_bytes += use.garbage_bytes();
    stats.pack_overhead_bytes +=
        use.file_bytes > use.object_bytes ? use.file_bytes - use.object_bytes : 0;
  }
  stats.catalog_bytes = repository.catalog().stored_bytes();
  stats.records_bytes = bytes_below(repository.blobs(), std::string(kRecordPrefix)) +
                        bytes_below(repository.blobs(), std::string(kAttestationPrefix));
  if (repository.parity() != nullptr) {
    for (const BlobInfo& sidecar : repository.parity()->sidecars()) {
      stats.parity_bytes += sidecar.size;
    }
  }
  stats.cache_bytes = bytes_below(repository.blobs(), "cache/");
  stats.stored_bytes = bytes_below(repository.blobs(), "packs/") + stats.records_bytes +
                       stats.parity_bytes + stats.cache_bytes + stats.catalog_bytes +
                       bytes_below(repository.blobs(), "config") +
                       bytes_below(repository.blobs(), "reserve");
  return stats;
}

}  // namespace varve
