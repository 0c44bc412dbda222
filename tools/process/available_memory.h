// How much memory a program may take without harm to the others on this machine.
#pragma once

#include <cstdint>

namespace varve {

// Bytes: what the kernel could give without swapping, and no more than what is left to this
// program's control group (version 2) and those above it. 0 where nothing says so.
std::uint64_t available_memory();

}  // namespace varve
