// A text as one word of a shell's command line.
#pragma once

#include <string>

namespace varve::cli {

// In single quotes where a shell would make something else of it.
std::string shell_word(const std::string& text);

}  // namespace varve::cli
