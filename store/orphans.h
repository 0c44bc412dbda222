// Files in the repository that the catalog does not know: what a crash, or a forget beside a
// running ingest, left behind.
//
// A pack that is about to be committed has no row either, and looks just like an orphan. So the
// order of looking decides: (1) list the files, (2) make sure that no ingest runs, (3) read the
// catalog. An ingest that made a listed pack and is not running at (2) has committed before
// (then the row is there at (3)) or never will. One that begins after (2) makes new files, which
// are not listed.
// For records there is a second danger: a forgotten snapshot's record is what tells mark() that
// a running ingest may build on it. So a record is an orphan only if its row was absent before
// (2) as well: an ingest that begins after that cannot know the snapshot.
// Attestations go with their snapshot's record: one is written only when its snapshot has a row.
// A sidecar of parity is there only after its blob is, and names do not come again. So one without
// blob, of which the catalog does not say that there should be one, is a leftover, ingest or not.
#pragma once

#include <set>
#include <vector>

#include "store/repository.h"

namespace varve {

struct Orphans {
  std::vector<BlobInfo> packs;
  std::set<SnapshotId> records;  // of snapshots without a row; attestations too
  std::uint64_t pack_bytes = 0;
  std::uint64_t record_bytes = 0;
};

// None where an ingest runs, and none where something that the catalog knows is not there: then the
// catalog or the folder is not what it was, and nothing can be said of the rest. Only under the gc
// lock: gc's own new packs look the same.
Orphans find_orphans(Repository& repository);

// By their blobs' names.
std::vector<BlobInfo> find_leftover_sidecars(Repository& repository);

}  // namespace varve
