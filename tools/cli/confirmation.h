// A question to the person at the terminal before something is replaced.
#pragma once

#include <stop_token>
#include <string>

namespace varve::cli {

// Whether somebody sits there: standard input and standard error are terminals.
bool can_ask();

// Puts the question, and returns whether the answer is yes ("y", "yes"). Throws an interrupted
// Error when `stop` asks for it.
bool ask(const std::string& question, const std::stop_token& stop);

}  // namespace varve::cli
