#include "tools/import/dated_name.h"

#include <chrono>
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
  bool is_utc = false;
};

bool is_date(const CivilTime& time) {
  const std::chrono::year_month_day date{std::chrono::year(time.year),
                                         std::chrono::month(static_cast<unsigned>(time.month)),
                                         std::chrono::day(static_cast<unsigned>(time.day))};
  return date.ok() && time.year >= 1970 && time.year < 2200;
}

bool read_date(Cursor& cursor, CivilTime& time) {
  const auto year = cursor.digits(4);
  const char between = cursor.any_of("-_.");
  const auto month = cursor.digits(2);
  if (!year || !month || !cursor.skip(between)) return false;
  const auto day = cursor.digits(2);
  if (!day) return false;
  time = {*year, *month, *day};
  return is_date(time);
}

// Reads on behind a date; false, with nothing changed, where no time stands there.
bool read_time(Cursor& cursor, CivilTime& time) {
  Cursor here = cursor;
  here.any_of("Tt-_ ");
  const auto hour = here.digits(2);
  const char between = here.any_of("-:._");
  const auto minute = here.digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return false;
  Cursor further = here;
  std::optional<int> second;
  if (further.skip(between)) second = further.digits(2);
  if (second && *second <= 59 && !further.is_at_digit()) {
    here = further;
  } else {
    second = 0;
  }
  if (here.is_at_digit()) return false;
  time.hour = *hour;
  time.minute = *minute;
  time.second = *second;
  cursor = here;
  return true;
}

std::optional<Match> match_at(std::string_view text, std::size_t begin) {
  Cursor cursor(text, begin);
  Match match{.begin = begin, .time = {}};
  if (!read_date(cursor, match.time)) return {};
  if (read_time(cursor, match.time)) {
    Cursor behind = cursor;
    const bool has_z = behind.any_of("Z") != '\0';
    const bool is_word = has_z && behind.at() < text.size() &&
                         std::isalnum(static_cast<unsigned char>(text[behind.at()])) != 0;
    match.is_utc = has_z && !is_word;
    if (match.is_utc) cursor = behind;
  }
  if (cursor.is_at_digit()) return {};
  match.end = cursor.at();
  return match;
}

std::optional<Match> longest_match(std::string_view text) {
  std::optional<Match> best;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i]) || (i > 0 && is_digit(text[i - 1]))) continue;
    const auto match = match_at(text, i);
    if (match && (!best || match->end - match->begin >= best->end - best->begin)) best = match;
  }
  return best;
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

std::optional<DatedName> dated_name(std::string_view file_name) {
  const auto match = longest_match(file_name);
  if (!match) return {};
  return DatedName{without(file_name, *match), match->time, match->is_utc};
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
