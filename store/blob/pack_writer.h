// Writing packs: objects appended one after the other, a footer, read back, made durable.
//
// A pack is committed when it reaches its target size, and at finish(). Before it counts, its
// bytes are read back and every object's checksum is proven. Thread-safe: append may be called
// from several threads.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "store/blob/backend.h"
#include "store/core/location.h"
#include "store/transform/object.h"

namespace varve {

class PackWriter {
 public:
  // `new_id` names each pack before its first byte is written. `target` bytes: a pack that has
  // reached it is committed and another begun.
  using NewId = std::function<PackId()>;
  explicit PackWriter(BlobBackend& blobs, NewId new_id = random_id<PackId>,
                      std::uint64_t target = 32u << 20);
  ~PackWriter();  // what was not committed is gone

  struct Added {
    Location where;
    std::uint32_t header_length = 0;
  };
  Added append(const ObjectHeader& header, ByteView stored);
  // An object as it lies in another pack (gc moves objects without decoding them).
  Added append_object(ByteView object, const ParsedObject& parsed);

  // Commits the open pack. Afterwards every appended object is durable.
  void finish();
  // The packs committed since the last call, each once.
  std::vector<NewPack> take_committed();
  std::uint64_t bytes_written() const;  // of all packs so far, headers and footers included

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
