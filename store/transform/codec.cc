#include "store/transform/codec.h"

// For ZSTD_f_zstd1_magicless: four bytes a delta, of a hundred. The parameter is stable since
// zstd 1.4; FORMAT.md says how to read such a frame with any decoder.
#define ZSTD_STATIC_LINKING_ONLY
#include <fmt/format.h>
#include <zstd.h>

#include <cstring>
#include <new>
#include <string>

#include "store/core/error.h"

namespace varve {

struct ZstdCompressContext {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  ZstdCompressContext() {
    if (zstd == nullptr) throw std::bad_alloc();
  }
  ~ZstdCompressContext() { ZSTD_freeCCtx(zstd); }
  ZstdCompressContext(const ZstdCompressContext&) = delete;
  ZstdCompressContext& operator=(const ZstdCompressContext&) = delete;
};

struct ZstdDecompressContext {
  ZSTD_DCtx* zstd = ZSTD_createDCtx();
  ZstdDecompressContext() {
    if (zstd == nullptr) throw std::bad_alloc();
  }
  ~ZstdDecompressContext() { ZSTD_freeDCtx(zstd); }
  ZstdDecompressContext(const ZstdDecompressContext&) = delete;
  ZstdDecompressContext& operator=(const ZstdDecompressContext&) = delete;
};

namespace {

void must(std::size_t result) {
  if (ZSTD_isError(result) != 0) {
    throw Error(ErrorCode::failed, std::string("zstd: ") + ZSTD_getErrorName(result));
  }
}

ByteView compress(ZSTD_CCtx* zstd, ByteView plain, Bytes& buffer) {
  buffer.resize(ZSTD_compressBound(plain.size()));
  const std::size_t size =
      ZSTD_compress2(zstd, buffer.data(), buffer.size(), plain.data(), plain.size());
  must(size);
  return ByteView(buffer).first(size);
}

}  // namespace

Compressor::Compressor(int level) : context_(std::make_unique<ZstdCompressContext>()) {
  ZSTD_CCtx* zstd = context_->zstd;
  must(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level));
  must(ZSTD_CCtx_setParameter(zstd, ZSTD_c_format, ZSTD_f_zstd1_magicless));
  must(ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0));
  must(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 0));
}

Compressor::~Compressor() = default;

Compressor::Result Compressor::full(ByteView plain) {
  const ByteView stored = compress(context_->zstd, plain, buffer_);
  if (stored.size() >= plain.size()) return {Codec::raw, plain};
  return {Codec::zstd, stored};
}

Compressor::Result Compressor::delta(ByteView plain, ByteView base) {
  must(ZSTD_CCtx_refPrefix(context_->zstd, base.data(), base.size()));
  return {Codec::delta, compress(context_->zstd, plain, buffer_)};
}

Decompressor::Decompressor() : context_(std::make_unique<ZstdDecompressContext>()) {
  must(ZSTD_DCtx_setParameter(context_->zstd, ZSTD_d_format, ZSTD_f_zstd1_magicless));
}

Decompressor::~Decompressor() = default;

void Decompressor::decode(Codec codec, ByteView stored, ByteView base, MutableBytes plain) {
  if (codec == Codec::raw) {
    if (stored.size() != plain.size())
      throw corrupt_error("a chunk", "raw bytes of another length");
    if (!plain.empty()) std::memcpy(plain.data(), stored.data(), plain.size());
    return;
  }
  if (codec == Codec::delta) must(ZSTD_DCtx_refPrefix(context_->zstd, base.data(), base.size()));
  const std::size_t size =
      ZSTD_decompressDCtx(context_->zstd, plain.data(), plain.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0 || size != plain.size()) {
    ZSTD_DCtx_reset(context_->zstd, ZSTD_reset_session_only);
    throw corrupt_error(
        "a chunk", fmt::format("its zstd frame does not decode: {}",
                               ZSTD_isError(size) != 0 ? ZSTD_getErrorName(size)
                                                       : "another length than its header says"));
  }
}

}  // namespace varve
