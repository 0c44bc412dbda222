#include "tools/cli/busy_timeout.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/core/time.h"

namespace varve::cli {

std::chrono::seconds busy_timeout_of(const std::string& text) {
  // A plain number is in seconds.
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  if (const auto seconds = parse_duration(is_number ? text + "s" : text)) {
    return std::chrono::seconds(*seconds);
  }
  throw Error(ErrorCode::usage,
              fmt::format("--busy-timeout {} is no duration: write 30 (seconds) or 5m", text));
}

}  // namespace varve::cli
