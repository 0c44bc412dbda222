// Garbage collection: space that no snapshot needs, given back.
//
// Marks from the snapshot records through the manifests (each node once) and from deltas to
// their bases; then works on whole packs in two phases: a pack worth it (mostly garbage, or one
// of too many small ones) is condemned in the catalog; when no ingest that began before is still
// running, what lives in it is copied into a new pack and the file deleted. Runs beside ingests,
// forgets and mounts. With no space left it frees the reserve first (reserve.h), deletes packs that
// are all garbage, then repacks smallest first.
//
// Why no ingest loses a chunk. Say that gc takes chunk c away with pack P, condemned at epoch e,
// and that a snapshot T needs c and is committed after gc's last look at the roots. T's ingest
//   - did not begin before e: such an ingest had ended when gc looked who runs, so it had
//     committed, and the catalog's generation, read after that, was still the one of gc's look
//     at the roots; otherwise gc looks again before it takes anything;
//   - did not find c in the catalog: it began when P was condemned, and shares nothing there;
//   - did not inherit c from a snapshot S that it builds on: if S was committed before gc's look,
//     gc saw its row or, if S was forgotten since the ingest began, its record (see mark.h), and
//     took c for live; if later, S is such a T itself.
//
// A crash, an exception or the stop token may end it between any two steps: all that is left is
// condemned packs, files without rows and rows without files, which the next gc finishes.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "store/repository/repository.h"

namespace varve {

struct GcOptions {
  bool dry_run = false;
  // A pack is rewritten when at least this part of it is garbage.
  double worth = 0.20;
  std::stop_token stop = {};
};

struct GcResult {
  std::uint64_t live_chunks = 0;
  std::uint64_t live_bytes = 0;
  // Of objects and files that nothing needs: the sum of the next three. Unfinished temporary
  // files go as well, uncounted.
  std::uint64_t garbage_bytes = 0;
  std::uint64_t freed_bytes = 0;         // given back by this run (dry run: would be)
  std::uint64_t kept_garbage_bytes = 0;  // in packs not yet worth rewriting, or damaged
  std::uint64_t waiting_bytes = 0;       // in condemned packs, waiting for a running ingest
  std::uint64_t packs_deleted = 0;
  std::uint64_t packs_rewritten = 0;
  // A snapshot has lost a part of a manifest, and what lay below that looks like garbage: of what
  // the catalog knows, nothing was given back.
  bool is_held_up = false;
  double seconds = 0;
};

// Throws a locked Error if another gc runs, and a corrupt one, with nothing given back, where a
// snapshot's manifest cannot be read, the catalog is damaged, or there are packs or records that
// it does not know (orphans.h). The repository's own damage elsewhere does not stop it.
GcResult collect_garbage(Repository& repository, const GcOptions& options);

}  // namespace varve
