// Where objects lie: what packs and the catalog tell each other.
#pragma once

#include <limits>
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
  // Rows move here from packs that were condemned at this gc epoch or before; gc itself moves
  // them all. An ingest gives its own epoch: what was condemned by then it stored again knowingly
  // (whole, a base for whatever stands on it). Of a chunk that somebody else committed meanwhile
  // it may have made another object, deeper than the deltas that stand on that chunk by now.
  std::uint64_t epoch = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace varve
