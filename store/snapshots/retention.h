// Which snapshots a policy keeps, judged for each source. Pure: no I/O, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"

namespace varve {

// Seconds. A snapshot farther ahead of the clock than this was taken under a clock that stood
// wrong, or the clock does now: what is newest cannot be told then, and no policy may judge by it.
// Less is a clock that was set right: ingest keeps the order (see ingest.h).
inline constexpr std::int64_t kClockTolerance = 86400;

// The first of `snapshots` that lies so far ahead of `now`; nullptr: none does.
const Snapshot* find_future(const std::vector<Snapshot>& snapshots, Timestamp now);

struct RetentionPolicy {
  unsigned last = 0;  // newest N; the others: the newest of each of the N newest such periods (UTC)
  unsigned hourly = 0;
  unsigned daily = 0;
  unsigned weekly = 0;  // ISO weeks
  unsigned monthly = 0;
  unsigned yearly = 0;
  // Seconds before the source's newest snapshot; 0: off. A gap of more than a year between two
  // snapshots counts as no time: a clock that jumps ahead must not end what lies before.
  std::int64_t within = 0;
  bool empty() const;  // keeps nothing by any rule
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
