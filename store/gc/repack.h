// Taking condemned packs away: deleting them, and before that copying what lives in them.
//
// Every step leaves the repository whole, whatever happens next: new packs are durable before
// the catalog leads to them, the catalog leads nowhere into a pack before its file goes, and
// rows without a file are remains that the next gc sweeps.
#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "store/gc/key_set.h"
#include "store/gc/pack_use.h"
#include "store/repository/repository.h"

namespace varve {

// Packs in which nothing lives any more. Their rows stop counting with one small write, which a
// full disk still takes; then each file goes, and its rows.
void delete_packs(Repository& repository, std::span<const PackId> packs);

// What a delete_packs that was cut short has left: rows of dropped packs, perhaps with files.
void finish_dropped(Repository& repository);

// Writes what lives in these condemned packs into new ones, and deletes them. Objects are moved
// as they are, without decoding. Those that are read together come to lie together: a full chunk,
// then the deltas on it.
// Returns the packs that had to stay because an object in them is damaged; what could be read of
// them has been copied. Memory: about 60 bytes for each live object.
std::vector<PackId> rewrite_packs(Repository& repository, const KeySet& live,
                                  std::span<const PackUse> packs, const std::stop_token& stop);

}  // namespace varve
