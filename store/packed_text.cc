#include "store/packed_text.h"

#include "store/core/error.h"
#include "store/transform/codec.h"

namespace varve {
namespace {

constexpr int kLevel = 9;  // some kilobytes, once an ingest: small counts, time does not
constexpr std::size_t kLargest = 512u << 20;  // of a snapshot with millions of files

}  // namespace

void encode_packed_text(Encoder& out, ByteView plain) {
  Compressor compressor(kLevel);
  const Compressor::Result packed = compressor.full(plain);
  out.u8(static_cast<std::uint8_t>(packed.codec));
  out.varint(plain.size());
  out.varint(packed.stored.size());
  out.bytes(packed.stored);
}

Bytes decode_packed_text(Decoder& in, std::string_view what) {
  const std::uint8_t codec = in.u8();
  if (codec > static_cast<std::uint8_t>(Codec::zstd)) {
    throw corrupt_error(std::string(what), "unknown codec");
  }
  Bytes plain(in.count(kLargest));
  const ByteView stored = in.bytes(in.count(kLargest));
  thread_local Decompressor decompressor;  // a mount reads thousands of them
  try {
    decompressor.decode(static_cast<Codec>(codec), stored, {}, plain);
  } catch (const Error& error) {
    throw corrupt_error(std::string(what), error.what());
  }
  return plain;
}

}  // namespace varve
