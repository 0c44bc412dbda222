// How much of each pack is needed, and what the deltas' bases add to the live chunks.
//
// One pass over all object headers, pack by pack in the order they lie. An object is live if its
// key is and the catalog leads to it; a second object of a key that the catalog does not lead to
// (two ingests stored it at the same time, or a rewriting was cut short) is garbage. The catalog
// is asked only about keys that were met twice.
//
// Memory beside the key set: 32 bytes for each dead object.
#pragma once

#include <functional>
#include <stop_token>
#include <vector>

#include "store/gc/key_set.h"
#include "store/repository/repository.h"

namespace varve {

struct PackUse {
  PackRow pack;
  std::uint64_t file_bytes = 0;  // 0: there is no such file
  std::uint64_t objects = 0;
  std::uint64_t object_bytes = 0;  // headers included
  std::uint64_t live_objects = 0;
  std::uint64_t live_bytes = 0;
  bool damaged = false;  // footer or a header is: counts only what could be found

  // What a file of the live objects alone would be smaller by; the footer's share is estimated.
  std::uint64_t garbage_bytes() const;
};

// One that no live chunk is, or stands on.
struct DeadObject {
  ChunkKey key;
  ChunkKey base;
  std::uint32_t pack = 0;    // place in Usage::packs
  std::uint32_t length = 0;  // bytes
  bool is_delta = false;
  bool is_dead = true;  // while measuring: until a live delta was found to stand on it
};

struct Usage {
  std::vector<PackUse> packs;  // those of the catalog that are not dropped
  // Every live key was met. Where it is false the repository is damaged, and the lost objects may
  // lie in the damaged packs: those must stay as they are.
  bool complete = false;
  std::vector<DeadObject> dead = {};  // by key
};

// The objects of a pack as its footer has them, or as found by looking at every byte.
struct Entries {
  std::vector<PackEntry> entries;
  bool damaged = false;
};
Entries entries_of(Repository& repository, const PackId& pack);

// `live` holds what mark() found, and afterwards the bases too, and which keys were seen; each
// set is good for one measuring. `see_entry` is called once for every object, live or not.
Usage measure_packs(Repository& repository, KeySet& live, const std::stop_token& stop,
                    const std::function<void(const PackEntry&)>& see_entry = {});

// Whether the catalog leads to another object of this chunk, which is there: then this one serves
// nobody.
bool is_superseded(Repository& repository, const PackId& pack, const PackEntry& entry);

}  // namespace varve
