// Compressing chunks, and back.
//
// zstd frames without magic, checksum and content size (the object header has them all). A delta
// is a frame compressed with the base's plain bytes as prefix (ZSTD_CCtx_refPrefix, as
// `zstd --patch-from` does).
// One object a thread: contexts are reused between calls. Pure.
#pragma once

#include <memory>
#include <optional>

#include "store/transform/object.h"

namespace varve {

struct ZstdCompressContext;
struct ZstdDecompressContext;

class Compressor {
 public:
  explicit Compressor(int level);
  ~Compressor();

  struct Result {
    Codec codec = Codec::raw;
    ByteView stored;  // valid until the next call; for raw: `plain` itself
  };
  // zstd, or raw where that is not smaller.
  Result full(ByteView plain);
  // Against `base`; the caller decides whether it is small enough to keep.
  Result delta(ByteView plain, ByteView base);

 private:
  std::unique_ptr<ZstdCompressContext> context_;
  Bytes buffer_;
};

class Decompressor {
 public:
  Decompressor();
  ~Decompressor();

  // Fills `plain`, whose size is the object's plain_length. `base` is used by deltas only.
  // Throws a corrupt Error where the frame is damaged or has another length.
  void decode(Codec codec, ByteView stored, ByteView base, MutableBytes plain);

 private:
  std::unique_ptr<ZstdDecompressContext> context_;
};

}  // namespace varve
