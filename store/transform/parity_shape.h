// How a blob is cut for parity, and what that promises. FORMAT.md "Parity" has the reasons.
//
// The blob is cut into blocks, the last one filled up with zeros, and written down in rows of
// `stripes` blocks: block i stands in row i / stripes, and in the stripe (column) i % stripes. Each
// stripe has `parity_rows` parity blocks besides. So blocks that lie side by side are of different
// stripes, and a burst spreads over all of them; and a row is one run of bytes of the file.
// Follows from the blob's size and the repository's percentage alone. Pure.
#pragma once

#include <cstdint>

namespace varve {

struct ParityShape {
  std::uint64_t blob_size = 0;  // bytes
  std::uint32_t block_size = 1;
  std::uint64_t stripes = 0;  // 0: an empty blob
  std::uint32_t data_rows = 0;
  std::uint32_t parity_rows = 0;

  std::uint64_t data_blocks() const noexcept;  // the last row may lack some
  std::uint64_t parity_blocks() const noexcept { return stripes * parity_rows; }
  std::uint64_t all_blocks() const noexcept { return data_blocks() + parity_blocks(); }
  // A block's number, as the sidecar's table counts them: the parity's behind the data's. In the
  // blob's last row a number may lie at data_blocks() or behind: no such block, it counts as zeros.
  std::uint64_t data_block(std::uint32_t row, std::uint64_t stripe) const noexcept {
    return row * stripes + stripe;
  }
  std::uint64_t parity_block(std::uint32_t row, std::uint64_t stripe) const noexcept {
    return data_blocks() + row * stripes + stripe;
  }
  std::uint64_t row_size() const noexcept { return stripes * block_size; }  // bytes
  // Any run of so many bytes of the blob may be lost, wherever it begins.
  std::uint64_t burst() const noexcept;

  friend bool operator==(const ParityShape&, const ParityShape&) = default;
};

// How many groups of `b` it takes to hold `a`.
constexpr std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

inline constexpr std::uint32_t kMostParity = 100;  // percent
// Bytes. Packs are far smaller, and so are records; what claims to be larger is damage.
inline constexpr std::uint64_t kLargestProtected = 1u << 30;

// `percent`: from 1 to kMostParity.
ParityShape parity_shape(std::uint64_t blob_size, std::uint32_t percent);

}  // namespace varve
