// Where objects lie: what packs and the catalog tell each other.
#pragma once

#include <vector>

#include "store/core/ids.h"

namespace varve {

struct Location {
  PackId pack;
  std::uint64_t offset = 0;  // of the object's header in the pack
  std::uint32_t length = 0;  // header and stored bytes
  friend bool operator==(const Location&, const Location&) = default;
};

// One object of a pack that is being added, and how the catalog will find it.
struct ChunkRow {
  ChunkRef ref;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  bool crowded = false;
};

struct NewPack {
  PackId id;
  std::uint64_t size = 0;  // the whole file
  std::vector<ChunkRow> chunks;
};

}  // namespace varve
