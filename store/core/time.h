// Moments, in UTC, and how they are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve {

// Seconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t seconds = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
  static Timestamp now();
};

// Whether it lies in the years 0 to 9999, that have names of four digits. A clock says no other,
// and no snapshot is of another.
bool is_in_calendar(Timestamp time);

std::string to_iso(Timestamp time);             // 2026-11-21T02:00:00Z
std::string to_directory_name(Timestamp time);  // 2026-11-21T02-00-00Z

// What a person or a program types: 2026-11-21, 2026-11-21T02:00, 2026-11-21T02:00:00Z,
// 2026-11-21T02-00-00Z, "2026-11-21 02:00:00", @1763690400; with no zone it is UTC, an offset
// such as +01:00 is honoured. Nothing if it is no time, or
// not in the calendar.
std::optional<Timestamp> parse_time(std::string_view text);

// 90s, 45m, 36h, 30d, 8w, 6M (30 days each), 2y (365 days each), and sums such as 1d12h;
// in seconds. Nothing if it is no duration.
std::optional<std::int64_t> parse_duration(std::string_view text);

}  // namespace varve
