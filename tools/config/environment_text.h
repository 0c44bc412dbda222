// `${NAME}` in the texts of the configuration.
#pragma once

#include <string>
#include <string_view>

namespace varve {

// Each `${NAME}` replaced by the environment variable NAME, `$$` by `$`; any other `$` stays.
// Throws a usage Error, which shows the variable's name and never a value, where one is not set.
std::string with_environment(std::string_view text);

}  // namespace varve
