// What init fixes for ever: the repository's `config` file.
//
// Bytes (FORMAT.md "Configuration"): "VARVERP1" | format version u32 | id 16 | extent size u32 |
// extent depth u32 | stream depth u32 | node entries u32 | stream chunk average u32 | level u32 |
// fingerprint seed u64 | from version 2 on: parity u32 | seal.
#pragma once

#include "store/core/ids.h"

namespace varve {

// 2 is what a repository with parity has: an older varve would leave its blobs without. All others
// have 1.
inline constexpr std::uint32_t kFormatVersion = 2;

struct RepositoryConfig {
  RepositoryId id;
  std::uint32_t extent_size = 64u << 10;  // bytes
  std::uint32_t max_extent_depth = 4;     // deltas over a full chunk, where any may be read alone
  std::uint32_t max_stream_depth = 16;    // the same for what is read in order, and manifest nodes
  std::uint32_t node_entries = 1024;      // manifest fan-out
  std::uint32_t stream_chunk_average = 256u << 10;  // FastCDC, bytes, a power of two
  std::uint32_t compression_level = 3;              // zstd
  std::uint64_t fingerprint_seed = 0;               // keys the XXH3 that skips unchanged extents
  std::uint32_t parity_percent = 0;                 // see parity_shape.h; 0: none
};

Bytes encode_config(const RepositoryConfig& config);
// Throws a corrupt Error, or a failed one where a newer varve wrote it.
RepositoryConfig decode_config(ByteView bytes);

}  // namespace varve
