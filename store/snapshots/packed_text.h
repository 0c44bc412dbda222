// The compressed inside of the repository's small documents (snapshot records, attestations): what
// many sources have in common is then nearly free.
//
//   codec u8 (0 raw, 1 zstd) | plain length varint | stored length varint | stored bytes
#pragma once

#include <string_view>

#include "store/core/encoding.h"

namespace varve {

void encode_packed_text(Encoder& out, ByteView plain);
// Throws a corrupt Error that names `what`. Takes at most 1,024 times the memory of the stored
// bytes.
Bytes decode_packed_text(Decoder& in, std::string_view what);

}  // namespace varve
