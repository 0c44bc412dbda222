// Garbage collection: space that no snapshot needs, given back.
//
// Marks from the snapshot records through the manifests (each node once) and from deltas to
// their bases; then works on whole packs in two phases: a pack worth it (mostly garbage) is
// condemned in the catalog; when no ingest that began before is still running, what lives in
// it is copied into a new pack and the file deleted. Runs beside ingests and mounts. With no
// space left it frees the reserve first, deletes packs that are all garbage, then repacks
// smallest first.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "store/repository.h"

namespace varve {

struct GcOptions {
  bool dry_run = false;
  // A pack is rewritten when at least this part of it is garbage.
  double worth = 0.20;
  std::stop_token stop;
};

struct GcResult {
  std::uint64_t live_chunks = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t garbage_bytes = 0;   // found
  std::uint64_t freed_bytes = 0;     // given back by this run (dry run: would be)
  std::uint64_t kept_garbage_bytes = 0;  // in packs not yet worth rewriting
  std::uint64_t waiting_bytes = 0;   // condemned, waiting for a running ingest
  std::uint64_t packs_deleted = 0;
  std::uint64_t packs_rewritten = 0;
  double seconds = 0;
};

// Throws a locked Error if another gc runs.
GcResult collect_garbage(Repository& repository, const GcOptions& options);

}  // namespace varve
