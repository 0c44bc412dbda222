#include "store/transform/pack_format.h"

#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

constexpr std::string_view kHeaderMagic = "VARVEPK1";
constexpr std::string_view kTrailerMagic = "VARVEEND";

}  // namespace

Bytes encode_pack_header(const PackId& id) {
  Encoder out;
  out.bytes(as_bytes(kHeaderMagic));
  out.bytes(id.view());
  out.u64(checksum(out.buffer()));
  return out.take();
}

PackId decode_pack_header(ByteView bytes) {
  Decoder in(bytes, "pack header");
  if (as_text(in.bytes(kHeaderMagic.size())) != kHeaderMagic) {
    throw corrupt_error("pack header", "no magic");
  }
  const PackId id = PackId::from(in.bytes(PackId::size));
  const std::uint64_t expected = checksum(bytes.first(in.consumed()));
  if (in.u64() != expected) throw corrupt_error("pack header", "checksum differs");
  in.finish();
  return id;
}

Bytes encode_pack_footer(const std::vector<std::uint32_t>& object_lengths) {
  Encoder out;
  out.varint(object_lengths.size());
  for (const std::uint32_t length : object_lengths) out.varint(length);
  out.u64(checksum(out.buffer()));
  out.u32(static_cast<std::uint32_t>(out.size()));
  out.bytes(as_bytes(kTrailerMagic));
  return out.take();
}

std::uint32_t decode_pack_trailer(ByteView trailer) {
  Decoder in(trailer, "pack trailer");
  const std::uint32_t length = in.u32();
  if (as_text(in.bytes(kTrailerMagic.size())) != kTrailerMagic) {
    throw corrupt_error("pack trailer", "no magic");
  }
  in.finish();
  return length;
}

std::vector<std::uint32_t> decode_pack_footer(ByteView footer) {
  Decoder in(footer, "pack footer");
  const std::size_t count = in.count(footer.size());
  std::vector<std::uint32_t> lengths;
  lengths.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    lengths.push_back(static_cast<std::uint32_t>(in.count(UINT32_MAX)));
  }
  const std::uint64_t expected = checksum(footer.first(in.consumed()));
  if (in.u64() != expected) throw corrupt_error("pack footer", "checksum differs");
  in.finish();
  return lengths;
}

}  // namespace varve
