#include "store/transform/manifest.h"

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::uint8_t kHasLengths = 1;

}  // namespace

Bytes encode_node(const ManifestNode& node) {
  Encoder out;
  out.u8(node.level);
  out.u8(node.lengths.empty() ? 0 : kHasLengths);
  out.u16(static_cast<std::uint16_t>(node.refs.size()));
  for (const ChunkRef& ref : node.refs) out.bytes(ref.view());
  for (const std::uint64_t length : node.lengths) {
    if (node.level == 1) {
      out.u32(static_cast<std::uint32_t>(length));
    } else {
      out.u64(length);
    }
  }
  return out.take();
}

ManifestNode decode_node(ByteView bytes, std::uint8_t expected_level) {
  Decoder in(bytes, "manifest node");
  ManifestNode node;
  node.level = in.u8();
  if (node.level != expected_level || node.level == 0 || node.level > kHighestLevel) {
    throw corrupt_error("manifest node", "not of the level that leads to it");
  }
  const std::uint8_t flags = in.u8();
  if ((flags & ~kHasLengths) != 0) throw corrupt_error("manifest node", "unknown flags");
  const std::size_t count = in.u16();
  if (count == 0) throw corrupt_error("manifest node", "empty");
  node.refs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) node.refs.push_back(ChunkRef::from(in.bytes(16)));
  if ((flags & kHasLengths) != 0) {
    node.lengths.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      node.lengths.push_back(node.level == 1 ? in.u32() : in.u64());
    }
  }
  in.finish();
  return node;
}

}  // namespace varve
