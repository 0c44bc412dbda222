#include "tests/fuzz/mended.h"

#include <algorithm>

#include "store/transform/digest.h"
#include "store/transform/object.h"
#include "store/transform/pack_format.h"
#include "store/transform/sidecar_format.h"

namespace varve::fuzz {
namespace {

constexpr std::size_t kSum = 8;  // bytes of an XXH3

void put_sum(MutableBytes place, std::uint64_t sum) {
  Encoder out;
  out.u64(sum);
  std::ranges::copy(out.buffer(), place.begin());
}

void mend_footer(MutableBytes bytes) {
  const MutableBytes trailer = bytes.last(kPackTrailerSize);
  std::size_t length = 0;
  for (std::size_t i = 4; i > 0; --i) length = length << 8 | static_cast<unsigned>(trailer[i - 1]);
  if (length < kSum || length > bytes.size() - kPackTrailerSize) return;
  const MutableBytes footer = bytes.subspan(bytes.size() - kPackTrailerSize - length, length);
  put_sum(footer.last(kSum), checksum(footer.first(length - kSum)));
}

// FORMAT.md "Parity"
void mend_head(MutableBytes head, std::string_view blob_name) {
  constexpr std::size_t kName = 32;
  put_sum(head.subspan(kName, kSum), checksum(as_bytes(blob_name)));
  put_sum(head.last(kSum), checksum(head.first(head.size() - kSum)));
}

void mend_table(MutableBytes table) {
  constexpr std::size_t kPage = (kChecksumsOfAPage + 1) * kSum;
  while (table.size() >= kSum) {
    const MutableBytes page = table.first(std::min(table.size(), kPage));
    put_sum(page.last(kSum), checksum(page.first(page.size() - kSum)));
    table = table.subspan(page.size());
  }
}

}  // namespace

Bytes with_seal(ByteView bytes) {
  Bytes sealed(bytes.begin(), bytes.end());
  if (sealed.size() < kSum) return sealed;
  const ByteView body = ByteView(sealed).first(sealed.size() - kSum);
  put_sum(MutableBytes(sealed).last(kSum), checksum(body));
  return sealed;
}

void mend_objects(MutableBytes bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const MutableBytes rest = bytes.subspan(at);
    const std::optional<ParsedObject> parsed = parse_object_header(rest);
    const std::size_t length = parsed ? parsed->header_length + parsed->header.stored_length : 0;
    if (!parsed || length > rest.size()) {
      ++at;
      continue;
    }
    const ByteView front = rest.first(parsed->header_length - kSum);
    const ByteView stored = rest.first(length).subspan(parsed->header_length);
    put_sum(rest.subspan(front.size(), kSum), checksum(front, stored));
    at += length;
  }
}

Bytes mended_pack(ByteView bytes) {
  Bytes pack(bytes.begin(), bytes.end());
  if (pack.size() < kPackHeaderSize + kPackTrailerSize) return pack;
  std::ranges::copy(encode_pack_header(kPack), pack.begin());
  mend_objects(MutableBytes(pack).subspan(kPackHeaderSize));
  mend_footer(pack);
  return pack;
}

Bytes mended_sidecar(ByteView bytes, std::string_view blob_name) {
  Bytes sidecar(bytes.begin(), bytes.end());
  const MutableBytes all(sidecar);
  if (all.size() < 2 * kSidecarHeadSize) return sidecar;
  mend_head(all.first(kSidecarHeadSize), blob_name);
  mend_head(all.last(kSidecarHeadSize), blob_name);
  const auto shape = decode_sidecar_head(all.first(kSidecarHeadSize), blob_name);
  if (!shape) return sidecar;
  const SidecarLayout layout(*shape);
  for (const std::uint64_t at : {layout.first_table, layout.second_table}) {
    if (at + layout.table_size <= all.size()) mend_table(all.subspan(at, layout.table_size));
  }
  return sidecar;
}

}  // namespace varve::fuzz
