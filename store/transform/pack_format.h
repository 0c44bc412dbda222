// The frame of a pack file: what stands before and after its objects.
//
//   header  "VARVEPK1" | PackId 8 | XXH3-64 of these 8
//   objects one after the other (object.h)
//   footer  object count varint | each object's length varint | XXH3-64 of these 8
//           | footer length u32 (of what stands before it) | "VARVEEND"
// The footer says where objects begin; what they are, their own headers say. A pack whose footer
// is lost is read by scanning. Pure.
#pragma once

#include <vector>

#include "store/core/encoding.h"
#include "store/core/ids.h"

namespace varve {

inline constexpr std::size_t kPackHeaderSize = 24;  // bytes
inline constexpr std::size_t kPackTrailerSize = 12;

Bytes encode_pack_header(const PackId& id);
// Throws a corrupt Error.
PackId decode_pack_header(ByteView bytes);

Bytes encode_pack_footer(const std::vector<std::uint32_t>& object_lengths);
// The footer's length without the trailer, from the last kPackTrailerSize bytes of a pack.
std::uint32_t decode_pack_trailer(ByteView trailer);
std::vector<std::uint32_t> decode_pack_footer(ByteView footer);

}  // namespace varve
