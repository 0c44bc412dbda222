// Hashes: SHA-256 names content, XXH3 guards stored bytes against rot. Pure, thread-safe.
#pragma once

#include <memory>

#include "store/core/ids.h"

namespace varve {

ChunkId chunk_id(ByteView plain);  // SHA-256

std::uint64_t checksum(ByteView bytes);                   // XXH3, 64 bit
std::uint64_t checksum(ByteView first, ByteView second);  // of both, one after the other

// Keyed XXH3-128: tells whether an extent is the one at the same offset of the last snapshot.
using Fingerprint = Id<struct FingerprintTag, 16>;
Fingerprint fingerprint(ByteView bytes, std::uint64_t seed);

// SHA-256 of bytes that come in parts. Not thread-safe.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void update(ByteView bytes);
  Sha256 finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
