// The frame of a parity sidecar: what stands before and behind its parity blocks. FORMAT.md
// "Parity".
//
//   head | table | parity blocks | table | head
//
// Head and table stand in it twice, so that one damaged place leaves one of each. The table has the
// XXH3 of every block, the blob's first; it is cut into pages that prove themselves, so that of two
// damaged tables each page is taken where it is whole. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/core/encoding.h"
#include "store/transform/parity_shape.h"

namespace varve {

inline constexpr std::size_t kSidecarHeadSize = 48;    // bytes
inline constexpr std::size_t kChecksumsOfAPage = 511;  // and its own: 4 KiB

// Where everything lies in the sidecar of a blob of this shape.
struct SidecarLayout {
  explicit SidecarLayout(const ParityShape& shape);

  std::uint64_t table_size = 0;  // bytes
  std::uint64_t first_table = 0;
  std::uint64_t parity = 0;
  std::uint64_t second_table = 0;
  std::uint64_t second_head = 0;
  std::uint64_t size = 0;
};

// `blob_name`: whose sidecar it is.
Bytes encode_sidecar_head(const ParityShape& shape, std::string_view blob_name);
// Nothing where it is damaged, makes no sense, or is another blob's.
std::optional<ParityShape> decode_sidecar_head(ByteView head, std::string_view blob_name);

Bytes encode_sidecar_table(const std::vector<std::uint64_t>& checksums);
// For each block its checksum; nothing for those on pages that are damaged. `table`: may be cut
// short.
std::vector<std::optional<std::uint64_t>> decode_sidecar_table(ByteView table,
                                                               std::uint64_t blocks);

}  // namespace varve
