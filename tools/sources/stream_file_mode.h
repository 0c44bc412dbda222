// What comes through a pipe has no mode of its own. Dumps are nobody else's business.
#pragma once

#include <cstdint>

namespace varve {

inline constexpr std::uint32_t kStreamFileMode = 0600;

}  // namespace varve
