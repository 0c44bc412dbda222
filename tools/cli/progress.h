// How far a long command is, on a terminal's last line: bytes, rate, time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace varve::cli {

// Writes to standard error, at most ten times a second, and only where that is a terminal and
// `wanted`; the line is wiped in the end. Not thread-safe.
class Progress {
 public:
  enum class Unit { bytes, objects };
  Progress(std::string doing, bool wanted, Unit unit = Unit::bytes);
  ~Progress() { wipe(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, std::uint64_t all);  // all 0: unknown
  void wipe() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  std::string doing_;
  bool shown_here_;
  Unit unit_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
  bool line_is_dirty_ = false;
};

// The line itself: "reading  412 MiB of 1.0 GiB (40 %)  350 MiB/s  2 s left".
std::string progress_line(const std::string& doing, Progress::Unit unit, std::uint64_t done,
                          std::uint64_t all, double seconds);

}  // namespace varve::cli
