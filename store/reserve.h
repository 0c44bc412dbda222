// Bytes that nobody needs, so that gc can give some back where a full disk leaves it none to
// work with: REPO/reserve.
#pragma once

#include "store/core/file.h"

namespace varve {

inline constexpr std::uint64_t kReserveBytes = 1u << 20;

// Makes it if it is absent and the disk has room for much more.
void make_reserve(const Path& repository);
// False: there was none.
bool free_reserve(const Path& repository);
// Whether the filesystem has so little room that gc had better free the reserve first.
bool is_nearly_full(const Path& repository);

}  // namespace varve
