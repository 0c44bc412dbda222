#include "store/core/time.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>
#include <utility>

namespace varve {
namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

struct Civil {
  std::int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};

// Days since 1970-01-01 in the proleptic Gregorian calendar, and back: Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms". Years are counted from March here, so that
// the leap day is a year's last, and an era has 400 of them.
constexpr std::int64_t kDaysOfEra = 146097;
constexpr std::int64_t kEpochInEra = 719468;  // 1970-01-01 counted from 0000-03-01

constexpr std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

constexpr std::int64_t days_of(Civil date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysOfEra + day_of_era - kEpochInEra;
}

constexpr Civil civil_of(std::int64_t days) {
  const std::int64_t shifted = days + kEpochInEra;
  const std::int64_t era = floor_divide(shifted, kDaysOfEra);
  const std::int64_t day_of_era = shifted - era * kDaysOfEra;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const int month =
      static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

static_assert(days_of({1970, 1, 1}) == 0);
static_assert(days_of({2000, 2, 29}) == 11016);

constexpr std::int64_t kCalendarBegin = days_of({0, 1, 1}) * kDay;
constexpr std::int64_t kCalendarEnd = days_of({10000, 1, 1}) * kDay;

std::optional<Timestamp> if_in_calendar(Timestamp time) {
  return is_in_calendar(time) ? std::optional(time) : std::nullopt;
}

std::string format_time(Timestamp time, char separator) {
  const std::int64_t days = floor_divide(time.seconds, kDay);
  const std::int64_t second = time.seconds - days * kDay;
  const Civil date = civil_of(days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}{}{:02}{}{:02}Z", date.year, date.month, date.day,
                     second / kHour, separator, second / kMinute % 60, separator, second % 60);
}

// Takes a text apart from the front. Every take_ leaves the text as it was where it fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }

  std::optional<char> take_one_of(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == characters.npos) return std::nullopt;
    const char found = text_.front();
    text_.remove_prefix(1);
    return found;
  }

  // Exactly `digits` digits, their value at most `highest`.
  std::optional<int> take_number(std::size_t digits, int highest) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value > highest) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }

  // One or more digits.
  std::optional<std::int64_t> take_whole_number() {
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits) {
      if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
          __builtin_add_overflow(value, std::int64_t{text_[digits] - '0'}, &value)) {
        return std::nullopt;
      }
    }
    if (digits == 0) return std::nullopt;
    text_.remove_prefix(digits);
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<Timestamp> parse_seconds(Scanner rest) {
  const bool negative = rest.take_one_of("-").has_value();
  const auto seconds = rest.take_whole_number();
  if (!seconds || !rest.at_end()) return std::nullopt;
  return if_in_calendar(Timestamp{negative ? -*seconds : *seconds});
}

std::optional<std::int64_t> scan_date(Scanner& text) {
  const auto year = text.take_number(4, 9999);
  if (!year || !text.take_one_of("-")) return std::nullopt;
  const auto month = text.take_number(2, 12);
  if (!month || !text.take_one_of("-")) return std::nullopt;
  const auto day = text.take_number(2, 31);
  if (!day || *month == 0 || *day == 0) return std::nullopt;
  const std::int64_t days = days_of({*year, *month, *day});
  if (civil_of(days).day != *day) return std::nullopt;  // a day that its month does not have
  return days * kDay;
}

// 02:00, 02:00:00, 02-00, 02-00-00
std::optional<std::int64_t> scan_time_of_day(Scanner& text) {
  const auto hour = text.take_number(2, 23);
  const auto separator = text.take_one_of(":-");
  if (!hour || !separator) return std::nullopt;
  const auto minute = text.take_number(2, 59);
  if (!minute) return std::nullopt;
  const std::int64_t seconds = *hour * kHour + *minute * kMinute;
  if (!text.take_one_of({&*separator, 1})) return seconds;
  const auto second = text.take_number(2, 59);
  if (!second) return std::nullopt;
  return seconds + *second;
}

// Nothing, Z, +01, +0100, +01:00; in seconds east of UTC
std::optional<std::int64_t> scan_zone(Scanner& text) {
  if (text.at_end() || text.take_one_of("Zz")) return 0;
  const auto sign = text.take_one_of("+-");
  const auto hours = text.take_number(2, 23);
  if (!sign || !hours) return std::nullopt;
  std::int64_t seconds = *hours * kHour;
  if (!text.at_end()) {
    text.take_one_of(":");
    const auto minutes = text.take_number(2, 59);
    if (!minutes) return std::nullopt;
    seconds += *minutes * kMinute;
  }
  return *sign == '+' ? seconds : -seconds;
}

std::optional<std::int64_t> seconds_of_unit(char unit) {
  constexpr std::array<std::pair<char, std::int64_t>, 7> units{{{'s', 1},
                                                                {'m', kMinute},
                                                                {'h', kHour},
                                                                {'d', kDay},
                                                                {'w', 7 * kDay},
                                                                {'M', 30 * kDay},
                                                                {'y', 365 * kDay}}};
  for (const auto& [name, seconds] : units) {
    if (name == unit) return seconds;
  }
  return std::nullopt;
}

}  // namespace

Timestamp Timestamp::now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::floor<std::chrono::seconds>(since_epoch).count()};
}

bool is_in_calendar(Timestamp time) {
  return time.seconds >= kCalendarBegin && time.seconds < kCalendarEnd;
}

std::string to_iso(Timestamp time) { return format_time(time, ':'); }
std::string to_directory_name(Timestamp time) { return format_time(time, '-'); }

std::optional<Timestamp> parse_time(std::string_view text) {
  Scanner rest(text);
  if (rest.take_one_of("@")) return parse_seconds(rest);
  const auto date = scan_date(rest);
  if (!date) return std::nullopt;
  if (rest.at_end()) return Timestamp{*date};
  if (!rest.take_one_of("Tt ")) return std::nullopt;
  const auto time_of_day = scan_time_of_day(rest);
  if (!time_of_day) return std::nullopt;
  const auto zone = scan_zone(rest);
  if (!zone || !rest.at_end()) return std::nullopt;
  return if_in_calendar(Timestamp{*date + *time_of_day - *zone});
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  Scanner rest(text);
  std::int64_t sum = 0;
  do {
    const auto number = rest.take_whole_number();
    const auto unit = rest.take_one_of("smhdwMy");
    if (!number || !unit) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(*number, *seconds_of_unit(*unit), &part) ||
        __builtin_add_overflow(sum, part, &sum)) {
      return std::nullopt;
    }
  } while (!rest.at_end());
  return sum;
}

}  // namespace varve
