// A pack of objects as they are told, honest or not: nothing is compared with anything.
#pragma once

#include "store/core/location.h"
#include "store/transform/object.h"

namespace varve {

class ToldPack {
 public:
  // Its ref, as the header has it.
  ChunkRef add(const ObjectHeader& header, ByteView stored);

  // The objects alone, one after the other, as they lie in a pack.
  const Bytes& objects() const { return objects_.buffer(); }
  // With a pack's header and footer.
  Bytes file(const PackId& id) const;
  // What the catalog is told of that file.
  NewPack row(const PackId& id) const;
  bool is_empty() const { return rows_.empty(); }

 private:
  Encoder objects_;
  std::vector<ChunkRow> rows_;
};

// Of an object that is called (and, as a delta, stands on) a number: no hash of anything.
ChunkId told_id(unsigned number);
ObjectHeader told_delta(unsigned id, unsigned base, std::uint8_t depth, std::uint32_t plain_length);

}  // namespace varve
