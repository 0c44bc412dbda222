// Bytes for tests: the same for the same seed, some of them compressible.
#pragma once

#include "store/core/bytes.h"

namespace varve {

Bytes random_bytes(std::size_t count, std::uint64_t seed);

// A copy in which `changes` single bytes, spread over the whole, are others.
Bytes with_changes(Bytes bytes, std::size_t changes, std::uint64_t seed);

}  // namespace varve
