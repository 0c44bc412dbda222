#include "store/transform/parity_shape.h"

#include <algorithm>

namespace varve {
namespace {

constexpr std::uint64_t kSmallBlob = 256u << 10;  // bytes; up to here blocks are small
constexpr std::uint32_t kSmallBlock = 512;
constexpr std::uint32_t kLargeBlock = 4096;
constexpr std::uint64_t kSector = 4096;       // what a disk loses at once; survived in any case
constexpr std::uint64_t kMostDataRows = 100;  // with a percentage's parity rows at most 200

std::uint32_t block_size_of(std::uint64_t blob_size) {
  if (blob_size > kSmallBlob) return kLargeBlock;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(blob_size, 1, kSmallBlock));
}

}  // namespace

std::uint64_t ParityShape::data_blocks() const noexcept { return divide_up(blob_size, block_size); }

std::uint64_t ParityShape::burst() const noexcept {
  if (parity_rows >= data_rows) return blob_size;
  return (parity_blocks() - 1) * block_size + 1;
}

ParityShape parity_shape(std::uint64_t blob_size, std::uint32_t percent) {
  ParityShape shape{.blob_size = blob_size, .block_size = block_size_of(blob_size)};
  const std::uint64_t blocks = shape.data_blocks();
  if (blocks == 0) return shape;
  // A run of a sector's length touches one block more than it is long.
  const std::uint64_t of_a_sector = divide_up(kSector, shape.block_size) + 1;
  const std::uint64_t wanted =
      std::max(divide_up(blocks * percent, 100), std::min(blocks, of_a_sector));
  shape.stripes = divide_up(blocks, kMostDataRows);
  shape.data_rows = static_cast<std::uint32_t>(divide_up(blocks, shape.stripes));
  shape.parity_rows = static_cast<std::uint32_t>(divide_up(wanted, shape.stripes));
  return shape;
}

}  // namespace varve
