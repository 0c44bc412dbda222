#include "store/snapshots/packed_text.h"

#include "store/core/error.h"
#include "store/transform/codec.h"

namespace varve {
namespace {

constexpr int kLevel = 9;  // some kilobytes, once an ingest: small counts, time does not
constexpr std::size_t kLargest = 512u << 20;  // of a snapshot with millions of files
// How many times its stored size a document may have unpacked: names and numbers grow by some 50 at
// the most. A few bytes of zstd can claim 32,768 times as much.
constexpr std::size_t kMostGrowth = 1024;

}  // namespace

void encode_packed_text(Encoder& out, ByteView plain) {
  Compressor compressor(kLevel);
  Compressor::Result packed = compressor.full(plain);
  if (plain.size() / kMostGrowth >= packed.stored.size()) packed = {Codec::raw, plain};
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
  const std::size_t size = in.count(kLargest);
  const ByteView stored = in.bytes(in.count(kLargest));
  if (size / kMostGrowth > stored.size()) {
    throw corrupt_error(std::string(what), "it claims to unpack to more than it can");
  }
  Bytes plain(size);
  thread_local Decompressor decompressor;  // a mount reads thousands of them
  try {
    decompressor.decode(static_cast<Codec>(codec), stored, {}, plain);
  } catch (const Error& error) {
    throw corrupt_error(std::string(what), error.what());
  }
  return plain;
}

}  // namespace varve
