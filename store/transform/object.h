// An object: how one chunk lies in a pack. A header that describes it alone, then its bytes.
//
// Layout (FORMAT.md "Object"): magic 'V' 'O' | type u8 | depth u8 | stored length varint |
// plain length varint | spent varint (deltas) | ChunkId 32 | base key 8 (deltas) |
// XXH3-64 of header and stored bytes 8 | stored bytes.
// Pure, thread-safe.
#pragma once

#include <optional>

#include "store/core/encoding.h"
#include "store/core/ids.h"

namespace varve {

enum class ObjectKind : std::uint8_t { data = 0, node = 1 };
enum class Codec : std::uint8_t {
  raw = 0,
  zstd = 1,   // a zstd frame without magic
  delta = 2,  // the same, compressed against the base's plain bytes as prefix
};

struct ObjectHeader {
  ObjectKind kind = ObjectKind::data;
  Codec codec = Codec::raw;
  bool crowded = false;    // its key was taken by another chunk when it was stored
  std::uint8_t depth = 0;  // deltas below it down to a full chunk
  std::uint32_t stored_length = 0;
  std::uint32_t plain_length = 0;
  std::uint64_t spent = 0;  // deltas: bytes spent on the base so far, this one included
  ChunkId id;
  ChunkKey base;  // deltas only
};

inline constexpr std::size_t kLongestObjectHeader = 80;   // bytes, checksum included
inline constexpr std::uint32_t kLargestChunk = 8u << 20;  // plain bytes; larger is damage
inline constexpr std::uint32_t kDeepestChain = 64;        // deltas over a full chunk; likewise
inline constexpr std::size_t kLongestObject = kLongestObjectHeader + kLargestChunk;

// Header and stored bytes as they lie in the pack; header.stored_length is taken from `stored`.
void encode_object(Encoder& out, const ObjectHeader& header, ByteView stored);

struct ParsedObject {
  ObjectHeader header;
  std::size_t header_length = 0;  // bytes, checksum included
};
// The header at the front of `bytes` (which may end after it, or hold more); nothing where
// there is none. Proves nothing about the stored bytes.
std::optional<ParsedObject> parse_object_header(ByteView bytes);

// Whether `object`, exactly one object, is what encode_object made.
bool object_is_intact(ByteView object, const ParsedObject& parsed);

}  // namespace varve
