#include "tools/cli/earlier_proof.h"

#include <algorithm>

#include "store/snapshots/proof.h"
#include "tools/sources/postgres_copy.h"

namespace varve::cli {
namespace {

std::optional<Snapshot> newest_other(Repository& repository, const Snapshot& snapshot,
                                     const SourceInfo& source) {
  std::optional<Snapshot> found;
  repository.catalog().visit_snapshots([&](const SnapshotRow& row) {
    if (row.id == snapshot.id) return true;
    Snapshot other = to_snapshot(row);
    const auto same = std::ranges::find(other.sources, source.name, &SourceInfo::name);
    if (same == other.sources.end()) return true;
    if (same->kind == source.kind && same->location == source.location) found = std::move(other);
    return false;
  });
  return found;
}

bool has_same_bytes(const FileEntry& a, const FileEntry& b) {
  return a.size == b.size && a.root == b.root && a.format == b.format;
}

}  // namespace

std::optional<EarlierProof> EarlierProof::find(Repository& repository, const Snapshot& snapshot,
                                               const SourceInfo& source, const std::string& level,
                                               const std::optional<Timestamp>& since) {
  std::optional<Snapshot> other = newest_other(repository, snapshot, source);
  if (!other) return {};
  const auto proven = proven_at(*other, source.name, level);
  if (!proven || (since && *proven < *since)) return {};
  const auto made = std::ranges::find_if(other->attestations, [&](const Attestation& one) {
    return one.source == source.name && one.passed && one.time == *proven &&
           is_proven_enough(one.level, level);
  });
  Attestation attestation = *made;
  return EarlierProof(std::move(*other), std::move(attestation));
}

bool EarlierProof::covers(const FileEntry& file) const {
  const FileEntry* same = snapshot_.find(file.path);
  return same != nullptr && has_same_bytes(*same, file);
}

std::optional<std::uint64_t> EarlierProof::rows_of_table(const FileEntry& file) const {
  const auto table = file.facts.find(kTableFact);
  if (table == file.facts.end()) return {};
  const auto rows = attestation_.row_counts.find(table->second);
  if (rows == attestation_.row_counts.end()) return {};
  const bool is_known = std::ranges::any_of(snapshot_.files, [&](const FileEntry& one) {
    const auto its_table = one.facts.find(kTableFact);
    return its_table != one.facts.end() && its_table->second == table->second &&
           has_same_bytes(one, file) &&
           snapshot_.sources.at(one.source).name == attestation_.source;
  });
  return is_known ? std::optional(rows->second) : std::nullopt;
}

void EarlierProof::support(Attestation& made) const {
  made.time = attestation_.time;
  made.taken_from = attestation_.taken_from.empty() ? snapshot_.name : attestation_.taken_from;
}

}  // namespace varve::cli
