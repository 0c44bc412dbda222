// Files of the repository that have no row in the catalog.
//
// Leftovers are those that the trail of a command that has ended names (trail.h): it crashed, or
// forgot a snapshot beside a running ingest. They are garbage. All others are unknown: somebody
// lost them and put them back, or the catalog is older than they are. What they hold may be all
// that there is of a snapshot.
//
// The order of looking decides. For what is unknown: (1) list the files, (2) read the trails, (3)
// read the catalog. A file's name is on a trail before the file is there, and its row before the
// trail is gone. What seems unknown is looked at once more: a forget says so before the row goes,
// and takes the file before the trail. For leftovers the dead trails come first, as their commands
// make no more files, then the files, then the catalog. For records there is a second danger: a
// forgotten snapshot's record is what tells mark() that a running ingest may build on it. So a
// record is a leftover only while no ingest runs, and if its row was absent before that as well: an
// ingest that begins later cannot know the snapshot. Attestations go with their snapshot's record:
// one is written only when its snapshot has a row. A sidecar of parity is there only after its blob
// is, and names do not come again. So one without blob, of which the catalog does not say that
// there should be one, is a leftover, ingest or not.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "store/repository/trail.h"

namespace varve {

struct Leftovers {
  std::vector<BlobInfo> packs;
  std::set<SnapshotId> records;  // attestations too
  std::uint64_t pack_bytes = 0;
  std::uint64_t record_bytes = 0;
  std::vector<DeadTrail> done;  // that name nothing else
};

// Only under the gc lock.
Leftovers find_leftovers(Repository& repository);

// By their blobs' names, in order. Changes nothing, and needs no lock.
std::vector<std::string> find_unknown(Repository& repository);

// By their blobs' names.
std::vector<BlobInfo> find_leftover_sidecars(Repository& repository);

}  // namespace varve
