#include "tools/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "tools/cli/format.h"

namespace varve::cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr std::string_view kWipe = "\r\x1b[K";

void write_to_terminal(std::string_view text) noexcept {
  // A terminal that is gone is not worth a failed backup.
  static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
}

}  // namespace

std::string progress_line(const std::string& doing, Progress::Unit unit, std::uint64_t done,
                          std::uint64_t all, double seconds) {
  const bool bytes = unit == Progress::Unit::bytes;
  const auto amount = [&](std::uint64_t value) {
    return bytes ? format_bytes(value) : format_count(value);
  };
  std::string line = fmt::format("{}  {}", doing, amount(done));
  if (all > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
    line += fmt::format(" of {} ({:.0f} %)", amount(all), part * 100);
  }
  if (bytes && done > 0 && seconds > 0) line += "  " + format_rate(done, seconds);
  if (all > done && done > 0) {
    const auto left = static_cast<double>(all - done) / static_cast<double>(done) * seconds;
    line += fmt::format("  {} left",
                        format_seconds(left < 10 ? left : static_cast<double>(std::lround(left))));
  }
  return line;
}

Progress::Progress(std::string doing, bool wanted, Unit unit)
    : doing_(std::move(doing)), shown_here_(wanted && ::isatty(STDERR_FILENO) == 1), unit_(unit) {}

void Progress::show(std::uint64_t done, std::uint64_t all) {
  if (!shown_here_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  write_to_terminal(std::string(kWipe) + progress_line(doing_, unit_, done, all, seconds));
  line_is_dirty_ = true;
}

void Progress::wipe() noexcept {
  if (line_is_dirty_) write_to_terminal(kWipe);
  line_is_dirty_ = false;
}

}  // namespace varve::cli
