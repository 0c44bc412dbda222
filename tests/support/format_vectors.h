// The hex vectors of store/FORMAT.md: what every varve wrote, and must read.
#pragma once

#include <string>

#include "store/core/bytes.h"

namespace varve {

// The bytes of the vector of this name. Throws std::runtime_error where the page has none.
Bytes format_vector(const std::string& name);

}  // namespace varve
