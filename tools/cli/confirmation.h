// A question before something is changed that somebody may miss.
#pragma once

#include <string>

namespace varve::cli {

// Whether somebody is there to answer: standard input and standard error are a terminal.
bool can_ask();

// Asks on standard error, and reads one line: yes or y, whatever the case, is true.
bool confirm(const std::string& question);

}  // namespace varve::cli
