// The report of a drill as one HTML page, without anything else that it would need.
#pragma once

#include <string>

#include "tools/cli/proof_report.h"

namespace varve::cli {

// UTF-8. Names and messages are escaped, whatever they hold.
std::string drill_page(const ProofReport& report);

}  // namespace varve::cli
