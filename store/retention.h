// Which snapshots a policy keeps, judged for each source. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace varve {

struct RetentionPolicy {
  unsigned last = 0;  // newest N; the others: the newest of each of the N newest such periods (UTC)
  unsigned hourly = 0;
  unsigned daily = 0;
  unsigned weekly = 0;  // ISO weeks
  unsigned monthly = 0;
  unsigned yearly = 0;
  std::int64_t within = 0;  // seconds before the source's newest snapshot; 0: off
  bool empty() const;       // keeps nothing by any rule
};

struct RetentionDecision {
  SnapshotId id;
  std::string name;
  bool keep = false;
  std::vector<std::string> reasons;  // "history.db: daily 2026-11-20", "history.db: last one"
};

// A decision for every snapshot that holds `source` (empty: for every snapshot), oldest first.
// A snapshot stays if any of its sources wants it; the newest of each source always stays, and so
// does the newest in which it passed its verification, where the newest did not. With
// `source`, a snapshot that also holds other sources stays, with that as its reason.
//
// Safety snapshots (snapshot_name.h) are no source's history: the policy does not judge them. Each
// stays until it is kSafetyAge older than the newest other snapshot, and while there is no other.
inline constexpr std::int64_t kSafetyAge = std::int64_t{30} * 86400;  // seconds
std::vector<RetentionDecision> judge(const std::vector<Snapshot>& snapshots,
                                     const RetentionPolicy& policy,
                                     const std::optional<std::string>& source);

}  // namespace varve
