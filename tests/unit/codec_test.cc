#include "store/transform/codec.h"

#include <gtest/gtest.h>

#include <random>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr int kLevel = 3;

Bytes text_like(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>('a' + random() % 8);
  return bytes;
}

Bytes noise(std::size_t size) {
  std::mt19937 random(7);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

Bytes decode(const Compressor::Result& result, ByteView base, std::size_t plain_size) {
  Bytes plain(plain_size);
  Decompressor decompressor;
  decompressor.decode(result.codec, result.stored, base, plain);
  return plain;
}

TEST(Codec, FullChunksComeBack) {
  Compressor compressor(kLevel);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{65536}}) {
    const Bytes plain = text_like(size, 1);
    EXPECT_EQ(decode(compressor.full(plain), {}, size), plain) << size;
  }
}

TEST(Codec, NoiseIsStoredRaw) {
  Compressor compressor(kLevel);
  const Bytes plain = noise(65536);
  const Compressor::Result result = compressor.full(plain);
  EXPECT_EQ(result.codec, Codec::raw);
  EXPECT_EQ(decode(result, {}, plain.size()), plain);
}

TEST(Codec, AFewChangedBytesCostAFewBytes) {
  Compressor compressor(kLevel);
  const Bytes base = noise(65536);
  Bytes plain = base;
  for (const std::size_t at : {100U, 5000U, 60000U}) plain[at] ^= std::byte{1};
  const Compressor::Result delta = compressor.delta(plain, base);
  EXPECT_EQ(delta.codec, Codec::delta);
  EXPECT_LT(delta.stored.size(), 100U);
  EXPECT_EQ(decode(delta, base, plain.size()), plain);
}

TEST(Codec, ADeltaDoesNotLeakIntoTheNextChunk) {
  Compressor compressor(kLevel);
  const Bytes base = text_like(65536, 1);
  compressor.delta(base, base);
  const Bytes plain = text_like(65536, 2);
  EXPECT_EQ(decode(compressor.full(plain), {}, plain.size()), plain);
}

TEST(Codec, DamagedFramesNeverCrashNorOverrun) {
  Compressor compressor(kLevel);
  const Bytes plain = text_like(4096, 3);
  const Compressor::Result result = compressor.full(plain);
  const Bytes good(result.stored.begin(), result.stored.end());
  Decompressor decompressor;
  Bytes out(plain.size());
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= std::byte{0x10};
    try {
      decompressor.decode(Codec::zstd, bad, {}, out);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt);
    }
  }
  decompressor.decode(Codec::zstd, good, {}, out);  // and is still good for the next
  EXPECT_EQ(out, plain);
}

TEST(Codec, AnotherLengthIsDamage) {
  Compressor compressor(kLevel);
  const Compressor::Result result = compressor.full(text_like(4096, 3));
  Bytes shorter(4095);
  Bytes longer(4097);
  Decompressor decompressor;
  EXPECT_THROW(decompressor.decode(Codec::zstd, result.stored, {}, shorter), Error);
  EXPECT_THROW(decompressor.decode(Codec::zstd, result.stored, {}, longer), Error);
}

}  // namespace
}  // namespace varve
