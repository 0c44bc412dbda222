// Ingest: all sources named into one snapshot, all or nothing.
//
// All read points are opened before the first byte is copied; then up to four sources are copied
// side by side. The first failure stops the others, waits for them, and is the Error thrown.
//
// Packs durable → record durable → one catalog transaction (DESIGN "Commit"). A crash or an
// Error anywhere before the last step leaves the repository as it was, plus bytes that gc takes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/ingest/source.h"
#include "store/repository/repository.h"

namespace varve {

struct IngestProgress {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_expected = 0;  // 0: unknown
};

struct IngestRequest {
  std::vector<std::unique_ptr<Source>> sources;  // names differ; at least one
  std::vector<std::string> tags;
  // Default: now; not before the newest snapshot, where the clock was set back by up to a day.
  std::optional<Timestamp> time;
  std::string host;
  // Take a snapshot even where every source is as the last snapshot of it has it.
  bool even_if_unchanged = false;
  // An unchanged source is taken from its last snapshot only if `acceptable(that snapshot)`
  // (e.g. verified well enough); empty: always.
  std::function<bool(const Snapshot&)> acceptable;
  std::function<void(const IngestProgress&)> progress;  // now and then, one call at a time
  std::stop_token stop;
  // Asked to stop as soon as one source has failed: what the others wait on should listen to its
  // token. (It may be the one that `stop` belongs to.)
  std::stop_source halt{std::nostopstate};
};

struct IngestResult {
  Snapshot snapshot;       // the new one; where `unchanged`, the last one that holds all
  bool unchanged = false;  // nothing was stored and no snapshot made
  std::vector<std::string> unchanged_sources;  // names of those not read again
  std::uint64_t bytes_read = 0;
  double seconds = 0;
  std::vector<std::string> warnings;
};

// Throws Error; a locked one where another ingest of one of the sources is running.
IngestResult ingest(Repository& repository, IngestRequest request);

}  // namespace varve
