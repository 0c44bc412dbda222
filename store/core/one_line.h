// Foreign words made fit for one line of a report.
#pragma once

#include <string>
#include <string_view>

namespace varve {

// Valid UTF-8 on one line: line breaks become "; ", other control characters blanks, what is no
// UTF-8 '?'. Cut after `longest` bytes, with "…" in place of the rest. What a damaged database
// says about itself can hold anything.
std::string one_line(std::string_view text, std::size_t longest = 400);

}  // namespace varve
