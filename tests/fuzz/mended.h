// Checksums put right, so that mutated bytes come past them.
#pragma once

#include <string_view>

#include "store/core/ids.h"

namespace varve::fuzz {

inline constexpr PackId kPack{};  // the only pack that a target has

// A seal at the end (seal.h); too short bytes stay as they are.
Bytes with_seal(ByteView bytes);
// Each object, one after the other and wherever one seems to begin.
void mend_objects(MutableBytes bytes);
// A pack's file: its header with kPack's name, its objects, its footer where there is one.
Bytes mended_pack(ByteView bytes);

// A sidecar's file: both heads with this blob's name, and the pages of both tables.
Bytes mended_sidecar(ByteView bytes, std::string_view blob_name);

}  // namespace varve::fuzz
