// CRC-64 of Redis's files: Jones's polynomial, reflected, begun with 0. Pure, thread-safe.
#pragma once

#include <cstdint>

#include "store/core/bytes.h"

namespace varve {

// `crc` is that of the bytes before. Some 1.5 GB/s.
std::uint64_t crc64(std::uint64_t crc, ByteView bytes);

}  // namespace varve
