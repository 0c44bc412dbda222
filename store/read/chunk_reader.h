// Reading chunks: reference → catalog → pack → check → decode.
//
// Thread-safe. Holds a bounded cache of decoded chunks (bases included); where many threads
// want one chunk, one decodes and the others wait. Every read checks the stored bytes' XXH3;
// Check::id hashes the plain bytes too. A pack that gc moved is found again through the catalog.
#pragma once

#include <memory>

#include "store/blob/pack_reader.h"
#include "store/catalog/catalog.h"
#include "store/core/ids.h"

namespace varve {

// A decoded chunk, alive as long as somebody holds it.
using ChunkBytes = std::shared_ptr<const RawBytes>;

class ChunkReader {
 public:
  enum class Check { stored, id };

  ChunkReader(Catalog& catalog, PackReader& packs, std::size_t cache_bytes);
  ~ChunkReader();

  // Never null. Throws corrupt Error (damaged, missing): its message names pack and offset.
  ChunkBytes read(const ChunkRef& ref, Check check = Check::stored);

  void set_cache_bytes(std::size_t bytes);
  std::size_t cached_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
