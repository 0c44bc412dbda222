// What must stay: the keys of all chunks that some snapshot needs.
//
// Roots, besides the catalog's snapshots: those that living readers have pinned, and records on
// disk that the catalog does not know (any more, or yet). The latter are what a running ingest
// builds on although somebody forgot it meanwhile: forget leaves records alone while an ingest
// runs, and gc removes those that a trail names, only when none does. The order of looking closes
// the gaps: catalog, then records, then pins. A snapshot whose row went before the first look had
// its record until a moment when no running ingest could know it, and its pin, which is older than
// the reader's own look at the catalog, is seen by the last.
//
// The result holds the manifests' chunks and nodes. The bases of deltas come to it by reading
// headers: measure_packs() in pack_use.h.
#pragma once

#include <stop_token>
#include <vector>

#include "store/gc/key_set.h"
#include "store/repository/repository.h"

namespace varve {

struct Roots {
  std::uint64_t generation = 0;     // of the catalog, before it was read
  std::vector<Snapshot> snapshots;  // the catalog's
  std::vector<Snapshot> others;     // pinned, or without a row; their chunks may be gone
};
Roots find_roots(Repository& repository);

struct Marked {
  KeySet live;  // a live key keeps every chunk of this key, crowded ones too
  // False where a repair has found a node lost (losses.h): should it come back, what lies below it
  // is needed, and what that is nobody knows until then.
  bool is_whole = true;
};

// Throws a corrupt Error where a manifest of a snapshot cannot be read otherwise: nothing may be
// given back then.
Marked mark(Repository& repository, const Roots& roots, std::stop_token stop);

}  // namespace varve
