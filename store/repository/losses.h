// What a repair found lost: REPO/lost, and what an ingest must not take for granted then.
//
// As long as the file is there, chunks that snapshots need may be absent from the catalog. A chunk
// that the catalog has can be read (repairs see to that), so the catalog's word is what counts; the
// file says that it has to be asked. It holds the keys of what was lost when it was written: bases
// that nothing but deltas name among them. Written before the first such chunk leaves the catalog;
// taken away by the repair that finds nothing lost any more.
//
//   ingest   holds the last snapshot's files against the catalog (trusted()): a source of which
//            something is lost is not unchanged, nor is a file of a folder. A chunk of the list is
//            stored whole, as deltas may wait for it as their base.
//   gc       takes nothing where a lost node is met, as what lay below it looks like garbage; and
//            gives no row to an object that has none, as its base may be lost.
//
// Bytes (FORMAT.md "Lost chunks"): "VARVELO1" | count varint | keys u64 each | XXH3 of all before.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "store/core/file.h"
#include "store/repository/repository.h"

namespace varve {

using LostKeys = std::unordered_set<ChunkKey>;

Bytes encode_lost(const LostKeys& keys);
LostKeys decode_lost(ByteView bytes);  // throws a corrupt Error

// Whether there is such a file.
bool may_have_losses(const Path& repository);
// Empty where there is none; a corrupt Error where it is damaged.
LostKeys read_lost(const Path& repository);
// Durable on return.
void write_lost(const Path& repository, const LostKeys& keys);
void remove_lost(const Path& repository);

// `last` with no promise about this source's files that the catalog does not keep: where a chunk is
// lost the source has no fingerprint and the file no stamp; a file of whose manifest something is
// lost is left out. The same pointer where nothing of the source is lost.
std::shared_ptr<const Snapshot> trusted(Repository& repository,
                                        std::shared_ptr<const Snapshot> last,
                                        const std::string& source_name);

}  // namespace varve
