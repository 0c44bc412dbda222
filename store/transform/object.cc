#include "store/transform/object.h"

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::uint8_t kMagic[2] = {'V', 'O'};
constexpr std::uint8_t kKindMask = 0x07;
constexpr unsigned kCodecShift = 3;
constexpr std::uint8_t kCodecMask = 0x07;
constexpr std::uint8_t kCrowdedBit = 0x80;
constexpr std::size_t kChecksumSize = 8;

std::uint8_t type_byte(const ObjectHeader& header) {
  unsigned type = static_cast<unsigned>(header.kind);
  type |= static_cast<unsigned>(header.codec) << kCodecShift;
  if (header.crowded) type |= kCrowdedBit;
  return static_cast<std::uint8_t>(type);
}

void decode_type(std::uint8_t type, ObjectHeader& header) {
  const unsigned kind = type & kKindMask;
  const unsigned codec = (type >> kCodecShift) & kCodecMask;
  if (kind > static_cast<unsigned>(ObjectKind::node) ||
      codec > static_cast<unsigned>(Codec::delta) || (type & 0x40) != 0) {
    throw corrupt_error("object header", "unknown type");
  }
  header.kind = static_cast<ObjectKind>(kind);
  header.codec = static_cast<Codec>(codec);
  header.crowded = (type & kCrowdedBit) != 0;
}

std::uint32_t decode_length(Decoder& in) {
  return static_cast<std::uint32_t>(in.count(kLargestChunk));
}

ObjectHeader decode_header(Decoder& in) {
  ObjectHeader header;
  if (in.u8() != kMagic[0] || in.u8() != kMagic[1])
    throw corrupt_error("object header", "no magic");
  decode_type(in.u8(), header);
  header.depth = in.u8();
  header.stored_length = decode_length(in);
  header.plain_length = decode_length(in);
  const bool delta = header.codec == Codec::delta;
  if (delta) header.spent = in.varint();
  header.id = ChunkId::from(in.bytes(ChunkId::size));
  if (delta) header.base.value = in.u64();
  if (header.depth > kDeepestChain) throw corrupt_error("object header", "too deep");
  if (delta != (header.depth > 0)) throw corrupt_error("object header", "depth and codec differ");
  if (header.codec == Codec::raw && header.stored_length != header.plain_length) {
    throw corrupt_error("object header", "lengths differ");
  }
  return header;
}

}  // namespace

void encode_object(Encoder& out, const ObjectHeader& header, ByteView stored) {
  const std::size_t start = out.size();
  out.u8(kMagic[0]);
  out.u8(kMagic[1]);
  out.u8(type_byte(header));
  out.u8(header.depth);
  out.varint(stored.size());
  out.varint(header.plain_length);
  if (header.codec == Codec::delta) out.varint(header.spent);
  out.bytes(header.id.view());
  if (header.codec == Codec::delta) out.u64(header.base.value);
  out.u64(checksum(ByteView(out.buffer()).subspan(start), stored));
  out.bytes(stored);
}

std::optional<ParsedObject> parse_object_header(ByteView bytes) {
  try {
    Decoder in(bytes.first(std::min(bytes.size(), kLongestObjectHeader)), "object header");
    ParsedObject parsed;
    parsed.header = decode_header(in);
    in.u64();  // the checksum
    parsed.header_length = in.consumed();
    return parsed;
  } catch (const Error&) {
    return std::nullopt;  // whatever it is, it is no object header
  }
}

bool object_is_intact(ByteView object, const ParsedObject& parsed) {
  if (object.size() != parsed.header_length + parsed.header.stored_length) return false;
  const std::size_t sum_at = parsed.header_length - kChecksumSize;
  Decoder in(object.subspan(sum_at, kChecksumSize), "object checksum");
  return in.u64() == checksum(object.first(sum_at), object.subspan(parsed.header_length));
}

}  // namespace varve
