// A question before something is changed that somebody may miss.
#pragma once

#include <stop_token>
#include <string>

namespace varve::cli {

// Whether somebody is there to answer: standard input and standard error are a terminal.
bool can_ask();

// Asks on standard error, and reads one line: yes or y, whatever the case, is true. Throws an
// interrupted Error where `stop` is asked for meanwhile.
bool confirm(const std::string& question, const std::stop_token& stop);

}  // namespace varve::cli
