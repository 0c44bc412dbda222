// What this machine calls itself, for a snapshot's record.
#pragma once

#include <string>

namespace varve::cli {

std::string host_name();

}  // namespace varve::cli
