// A blob's parity: the bytes of its sidecar. protected_blob.h reads them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "store/core/bytes.h"

namespace varve {

using ReadAt = std::function<void(std::uint64_t offset, MutableBytes out)>;

// The whole sidecar of a blob, which `read` gives. The same bytes for the same blob, always.
// Memory: the sidecar twice, and some 4 MiB. A failed Error where the blob is larger than
// kLargestProtected.
Bytes make_sidecar(const std::string& blob_name, std::uint64_t blob_size, std::uint32_t percent,
                   const ReadAt& read);

}  // namespace varve
