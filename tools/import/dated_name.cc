#include "tools/import/dated_name.h"

#include <cctype>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace varve {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Walks over a name. What does not fit leaves it where it was.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool is_at_digit() const { return at_ < text_.size() && is_digit(text_[at_]); }

  bool is_at_word() const {
    return at_ < text_.size() && std::isalnum(static_cast<unsigned char>(text_[at_])) != 0;
  }

  // Exactly so many digits, of which the number may be the front of a longer one.
  std::optional<int> digits(std::size_t count) {
    if (at_ + count > text_.size()) return {};
    int value = 0;
    for (std::size_t i = at_; i < at_ + count; ++i) {
      if (!is_digit(text_[i])) return {};
      value = value * 10 + (text_[i] - '0');
    }
    at_ += count;
    return value;
  }
  // One of `characters`, or '\0' for none of them.
  char any_of(std::string_view characters) {
    if (at_ == text_.size() || characters.find(text_[at_]) == std::string_view::npos) return '\0';
    return text_[at_++];
  }
  bool skip(char expected) { return expected == '\0' || any_of({&expected, 1}) != '\0'; }

 private:
  std::string_view text_;
  std::size_t at_;
};

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  CivilTime time;
  std::optional<std::chrono::minutes> offset;
  DayOrder shows = DayOrder::unknown;
  bool is_ambiguous = false;
};

bool is_date(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  return date.ok() && time.year >= 1970 && time.year < 2200;
}

bool read_year_first(Cursor& cursor, Match& match) {
  Cursor here = cursor;
  const auto year = here.digits(4);
  const char between = here.any_of("-_.");
  const auto month = here.digits(2);
  if (!year || !month || !here.skip(between)) return false;
  const auto day = here.digits(2);
  if (!day) return false;
  match.time = {*year, *month, *day};
  if (!is_date(match.time)) return false;
  cursor = here;
  return true;
}

bool read_year_last(Cursor& cursor, Match& match, DayOrder order) {
  Cursor here = cursor;
  const auto first = here.digits(2);
  const char between = here.any_of("-_.");
  const auto second = here.digits(2);
  if (!first || between == '\0' || !second || !here.skip(between)) return false;
  const auto year = here.digits(4);
  if (!year) return false;
  const CivilTime day_first{*year, *second, *first};
  const CivilTime month_first{*year, *first, *second};
  const bool can_be_day_first = is_date(day_first);
  const bool can_be_month_first = between != '.' && is_date(month_first);
  if (!can_be_day_first && !can_be_month_first) return false;
  const bool has_two_readings =
      can_be_day_first && can_be_month_first && !(day_first == month_first);
  const bool is_month_first = has_two_readings ? order == DayOrder::month_first : !can_be_day_first;
  match.time = is_month_first ? month_first : day_first;
  match.is_ambiguous = has_two_readings && order == DayOrder::unknown;
  if (can_be_day_first != can_be_month_first && between != '.') {
    match.shows = is_month_first ? DayOrder::month_first : DayOrder::day_first;
  }
  cursor = here;
  return true;
}

// Parts of a second. Reads on behind the seconds; nothing is changed where there are none.
void skip_fraction(Cursor& cursor, bool is_compact) {
  Cursor here = cursor;
  if (here.any_of(".,_-") == '\0' && !is_compact) return;
  for (int groups = 0; groups < 3 && here.digits(3); ++groups) {
    if (!here.is_at_digit()) {
      cursor = here;
      return;
    }
  }
}

// "Z", or an offset. Nothing is changed where there is none.
std::optional<std::chrono::minutes> read_zone(Cursor& cursor, bool may_be_west) {
  Cursor here = cursor;
  if (here.any_of("Z") != '\0') {
    if (here.is_at_word()) return {};
    cursor = here;
    return std::chrono::minutes(0);
  }
  const char sign = here.any_of(may_be_west ? "+-" : "+");
  const auto hours = here.digits(2);
  if (sign == '\0' || !hours || *hours > 14) return {};
  Cursor further = here;
  const char between = further.any_of(":");
  const auto minutes = further.digits(2);
  if (minutes && *minutes < 60) here = further;
  // "-05" alone is a number as any.
  if ((!minutes && (sign == '-' || between != '\0')) || here.is_at_digit()) return {};
  cursor = here;
  const std::chrono::minutes offset(*hours * 60 + (minutes && *minutes < 60 ? *minutes : 0));
  return sign == '-' ? -offset : offset;
}

// Reads on behind a date; false, with nothing changed, where no time stands there.
bool read_time(Cursor& cursor, Match& match) {
  Cursor here = cursor;
  const char joint = here.any_of("Tt-_ ");
  const auto hour = here.digits(2);
  const char between = here.any_of("-:._");
  const auto minute = here.digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return false;
  Cursor further = here;
  std::optional<int> second;
  if (further.skip(between)) second = further.digits(2);
  if (second && *second <= 59) {
    skip_fraction(further, joint == '\0' && between == '\0');
    if (further.is_at_digit()) second.reset();
  } else {
    second.reset();
  }
  if (second) here = further;
  if (here.is_at_digit()) return false;
  match.time.hour = *hour;
  match.time.minute = *minute;
  match.time.second = second.value_or(0);
  match.offset = read_zone(here, joint == 'T');
  cursor = here;
  return true;
}

std::optional<Match> match_at(std::string_view text, std::size_t begin, DayOrder order) {
  Cursor cursor(text, begin);
  Match match{.begin = begin, .time = {}, .offset = {}};
  if (!read_year_first(cursor, match) && !read_year_last(cursor, match, order)) return {};
  read_time(cursor, match);
  if (cursor.is_at_digit()) return {};
  match.end = cursor.at();
  return match;
}

CivilTime civil_time(std::chrono::sys_seconds time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

// Seconds or milliseconds since 1970, from 2001 to 2033.
std::optional<Match> epoch_at(std::string_view text, std::size_t begin) {
  if (text[begin] != '1') return {};
  Cursor cursor(text, begin);
  const auto thousands = cursor.digits(7);
  const auto rest = cursor.digits(3);
  if (!thousands || !rest) return {};
  if (cursor.is_at_digit()) cursor.digits(3);
  if (cursor.is_at_digit()) return {};
  const std::chrono::sys_seconds time(
      std::chrono::seconds(*thousands * std::int64_t{1000} + *rest));
  return Match{.begin = begin,
               .end = cursor.at(),
               .time = civil_time(time),
               .offset = std::chrono::minutes(0)};
}

template <class MatchAt>
std::optional<Match> longest_match(std::string_view text, const MatchAt& match_at) {
  std::optional<Match> best;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
    const std::optional<Match> match = match_at(i);
    if (match && (!best || match->end - match->begin >= best->end - best->begin)) best = match;
  }
  return best;
}

std::optional<Match> find_date(std::string_view text, DayOrder order) {
  const auto date = longest_match(text, [&](std::size_t i) { return match_at(text, i, order); });
  return date ? date : longest_match(text, [&](std::size_t i) { return epoch_at(text, i); });
}

std::string without(std::string_view text, const Match& match) {
  constexpr std::string_view kJoints = "-_ ";
  std::string_view front = text.substr(0, match.begin);
  std::string_view rest = text.substr(match.end);
  const auto last = front.find_last_not_of("-_. ");
  front = front.substr(0, last == std::string_view::npos ? 0 : last + 1);
  const auto first = rest.find_first_not_of(kJoints);
  if (front.empty()) rest = rest.substr(first == std::string_view::npos ? rest.size() : first);
  return std::string(front) + std::string(rest);
}

std::tm to_tm(const CivilTime& time) {
  std::tm parts{};
  parts.tm_year = time.year - 1900;
  parts.tm_mon = time.month - 1;
  parts.tm_mday = time.day;
  parts.tm_hour = time.hour;
  parts.tm_min = time.minute;
  parts.tm_sec = time.second;
  parts.tm_isdst = -1;  // whatever held then
  return parts;
}

}  // namespace

std::optional<DatedName> dated_name(std::string_view file_name, DayOrder order) {
  const auto match = find_date(file_name, order);
  if (!match) return {};
  return DatedName{without(file_name, *match), match->time, match->offset, match->shows,
                   match->is_ambiguous};
}

Timestamp local_time(const CivilTime& time) {
  std::tm parts = to_tm(time);
  return Timestamp{std::mktime(&parts)};
}

Timestamp utc_time(const CivilTime& time) {
  std::tm parts = to_tm(time);
  return Timestamp{::timegm(&parts)};
}

}  // namespace varve
