#include "store/transform/sidecar_format.h"

#include <algorithm>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

constexpr std::string_view kMagic = "VARVEPA1";
constexpr std::size_t kChecksumSize = 8;
constexpr std::uint64_t kMostRows = 255;
constexpr std::uint32_t kLargestBlock = 1u << 16;
constexpr std::uint64_t kMostBlocks = 1u << 20;  // memory is taken for each

bool is_sane(const ParityShape& shape) {
  if (shape.blob_size > kLargestProtected || shape.block_size == 0 ||
      shape.block_size > kLargestBlock || shape.data_rows + shape.parity_rows > kMostRows) {
    return false;
  }
  if (shape.stripes == 0) return shape.blob_size == 0;
  const std::uint64_t blocks = shape.data_blocks();
  return shape.parity_rows > 0 && shape.stripes <= blocks &&
         blocks + shape.parity_blocks() <= kMostBlocks &&
         divide_up(blocks, shape.stripes) == shape.data_rows;
}

ParityShape decode(ByteView head, std::string_view blob_name) {
  constexpr std::string_view kWhat = "the head of a sidecar";
  Decoder in(open_record(head, kWhat), kWhat);
  ParityShape shape;
  if (as_text(in.bytes(kMagic.size())) != kMagic) throw corrupt_error(std::string(kWhat));
  shape.blob_size = in.u64();
  shape.stripes = in.u64();
  shape.block_size = in.u32();
  shape.data_rows = in.u16();
  shape.parity_rows = in.u16();
  const bool is_its = in.u64() == checksum(as_bytes(blob_name));
  in.finish();
  if (!is_its || !is_sane(shape)) throw corrupt_error(std::string(kWhat));
  return shape;
}

}  // namespace

SidecarLayout::SidecarLayout(const ParityShape& shape) {
  const std::uint64_t blocks = shape.all_blocks();
  const std::uint64_t pages = divide_up(blocks, kChecksumsOfAPage);
  table_size = (blocks + pages) * kChecksumSize;
  first_table = kSidecarHeadSize;
  parity = first_table + table_size;
  second_table = parity + shape.parity_blocks() * shape.block_size;
  second_head = second_table + table_size;
  size = second_head + kSidecarHeadSize;
}

Bytes encode_sidecar_head(const ParityShape& shape, std::string_view blob_name) {
  Encoder out;
  out.bytes(as_bytes(kMagic));
  out.u64(shape.blob_size);
  out.u64(shape.stripes);
  out.u32(shape.block_size);
  out.u16(static_cast<std::uint16_t>(shape.data_rows));
  out.u16(static_cast<std::uint16_t>(shape.parity_rows));
  out.u64(checksum(as_bytes(blob_name)));
  seal_record(out);
  return out.take();
}

std::optional<ParityShape> decode_sidecar_head(ByteView head, std::string_view blob_name) {
  try {
    return decode(head, blob_name);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return std::nullopt;
  }
}

Bytes encode_sidecar_table(const std::vector<std::uint64_t>& checksums) {
  Bytes table;
  for (std::size_t begin = 0; begin < checksums.size(); begin += kChecksumsOfAPage) {
    const std::size_t end = std::min(begin + kChecksumsOfAPage, checksums.size());
    Encoder page;
    for (std::size_t i = begin; i < end; ++i) page.u64(checksums[i]);
    seal_record(page);
    table.insert(table.end(), page.buffer().begin(), page.buffer().end());
  }
  return table;
}

std::vector<std::optional<std::uint64_t>> decode_sidecar_table(ByteView table,
                                                               std::uint64_t blocks) {
  std::vector<std::optional<std::uint64_t>> checksums(blocks);
  constexpr std::string_view kWhat = "a page of a sidecar's table";
  for (std::uint64_t begin = 0; begin < blocks; begin += kChecksumsOfAPage) {
    const std::uint64_t end = std::min<std::uint64_t>(begin + kChecksumsOfAPage, blocks);
    const std::uint64_t size = (end - begin + 1) * kChecksumSize;
    if (table.size() < size) break;
    try {
      Decoder page(open_record(table.first(size), kWhat), kWhat);
      for (std::uint64_t i = begin; i < end; ++i) checksums[i] = page.u64();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
    }
    table = table.subspan(size);
  }
  return checksums;
}

}  // namespace varve
