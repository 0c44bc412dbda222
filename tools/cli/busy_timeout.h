// How long a locked database is waited for, as it is written on the command line.
#pragma once

#include <chrono>
#include <string>

namespace varve::cli {

// "30" (seconds), "5m". Throws a usage Error that names --busy-timeout.
std::chrono::seconds busy_timeout_of(const std::string& text);

}  // namespace varve::cli
