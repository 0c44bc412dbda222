// Names in a message that must stay short.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace varve {

// "a, b, c", or "a, b and 7 more" where there are over `most`; empty where there are none.
std::string name_list(const std::vector<std::string>& names, std::size_t most);

}  // namespace varve
