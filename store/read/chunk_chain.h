// One chunk with everything below it: the version itself, the deltas under it, the full chunk.
//
// Reads and decodes a chunk without any cache. The ingest wants the whole chain, to choose a
// base from it; the cached ChunkReader is built on the same steps.
// ChainLoader is thread-safe; a Decompressor is needed for each thread.
#pragma once

#include <optional>
#include <vector>

#include "store/blob/pack_reader.h"
#include "store/catalog/catalog.h"
#include "store/transform/codec.h"

namespace varve {

struct ChainLink {
  ObjectHeader header;
  RawBytes plain;
};

class ChainLoader {
 public:
  ChainLoader(Catalog& catalog, PackReader& packs) : catalog_(catalog), packs_(packs) {}

  // The stored object, checked. Looks again where gc moved it. Throws a corrupt Error where
  // there is none: a ref in a manifest is a promise.
  StoredObject load(const ChunkRef& ref);
  StoredObject load_base(ChunkKey key);

  // The chain from `ref` (index 0) to the full chunk (the last), all decoded.
  std::vector<ChainLink> load_chain(const ChunkRef& ref, Decompressor& decompressor);

  // The id of the stored chunk that `ref` leads to, by its header alone, and where it is; nothing
  // where no chunk has this ref.
  struct Known {
    ChunkId id;
    Location where;
  };
  std::optional<Known> look_up(const ChunkRef& ref);
  bool key_is_taken(ChunkKey key) { return catalog_.find(key).has_value(); }

 private:
  std::optional<StoredObject> try_load(const std::optional<Location>& where);

  Catalog& catalog_;
  PackReader& packs_;
};

// A delta refers to a base of less depth: what breaks this is damage (and would be a loop).
void expect_base_below(const ObjectHeader& delta, const ObjectHeader& base);

}  // namespace varve
