#include "tools/restore/database_mark.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace varve {
namespace {

constexpr std::size_t kLongestName = 63;  // bytes: NAMEDATALEN - 1
constexpr std::string_view kProgram = "varve";

std::string_view name_of(DatabaseMark::State state) {
  return state == DatabaseMark::State::kept ? "kept" : "filling";
}

std::string_view word_in_name(DatabaseMark::State state) {
  return state == DatabaseMark::State::kept ? "_before_" : "_restoring_";
}

// Without blanks and line ends, which part and end a mark.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code <= ' ' || code == '%' || code == 0x7f) {
      safe += fmt::format("%{:02X}", code);
    } else {
      safe += letter;
    }
  }
  return safe;
}

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned code = 0;
    const std::string_view digits = text.substr(at + 1, 2);
    const bool is_code =
        text[at] == '%' && digits.size() == 2 &&
        std::from_chars(digits.data(), digits.data() + 2, code, 16).ptr == digits.data() + 2;
    plain += is_code ? static_cast<char>(code) : text[at];
    if (is_code) at += 2;
  }
  return plain;
}

// The next word of a line, which loses it.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

// 20261121_020000: as a part of a database's name that needs no quoting.
std::string compact(Timestamp time) {
  std::string text;
  for (const char letter : to_iso(time)) {
    if (letter == 'T') text += '_';
    if (letter >= '0' && letter <= '9') text += letter;
  }
  return text;
}

// With whole letters of UTF-8.
std::string name_with(const std::string& database, const std::string& suffix) {
  std::size_t length = std::min(database.size(), kLongestName - suffix.size());
  const auto is_inside_letter = [&](std::size_t at) {
    return at < database.size() && (static_cast<unsigned char>(database[at]) & 0xc0) == 0x80;
  };
  while (length > 0 && is_inside_letter(length)) --length;
  return database.substr(0, length) + suffix;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// 20261121_081440, or with _2 behind it.
bool is_date_and_number(std::string_view text) {
  constexpr std::size_t kDay = 8;
  constexpr std::size_t kDate = 15;
  if (text.size() < kDate || text[kDay] != '_') return false;
  if (!is_number(text.substr(0, kDay)) || !is_number(text.substr(kDay + 1, kDate - kDay - 1))) {
    return false;
  }
  const std::string_view rest = text.substr(kDate);
  return rest.empty() || (rest.front() == '_' && is_number(rest.substr(1)));
}

}  // namespace

std::string to_comment(const DatabaseMark& mark) {
  std::string text =
      fmt::format("{} {} of={} since={} repository={}", kProgram, name_of(mark.state),
                  escaped(mark.of), to_iso(mark.since), escaped(mark.repository));
  if (!mark.safety.empty()) text += " safety=" + escaped(mark.safety);
  return mark.comment.empty() ? text : text + "\n" + mark.comment;
}

std::optional<DatabaseMark> parse_mark(const std::string& comment) {
  std::string_view line = std::string_view(comment).substr(0, comment.find('\n'));
  DatabaseMark mark;
  if (line.size() < comment.size()) mark.comment = comment.substr(line.size() + 1);
  if (take_word(line) != kProgram) return std::nullopt;
  const std::string_view state = take_word(line);
  if (state == name_of(DatabaseMark::State::kept)) {
    mark.state = DatabaseMark::State::kept;
  } else if (state != name_of(DatabaseMark::State::filling)) {
    return std::nullopt;
  }
  std::map<std::string_view, std::string> fields;
  while (!line.empty()) {
    const std::string_view word = take_word(line);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    fields[word.substr(0, equals)] = unescaped(word.substr(equals + 1));
  }
  const auto since = parse_time(fields["since"]);
  if (!since || fields["of"].empty()) return std::nullopt;
  mark.since = *since;
  mark.of = fields["of"];
  mark.repository = fields["repository"];
  mark.safety = fields["safety"];
  return mark;
}

std::string marked_name(const std::string& database, DatabaseMark::State state, Timestamp since,
                        int number) {
  const std::string count = number == 1 ? "" : fmt::format("_{}", number);
  return name_with(database, fmt::format("{}{}{}", word_in_name(state), compact(since), count));
}

bool is_marked_name(const std::string& name, const std::string& database,
                    DatabaseMark::State state) {
  const std::string_view word = word_in_name(state);
  const std::size_t at = name.rfind(word);
  if (at == std::string::npos) return false;
  const std::string suffix = name.substr(at);
  return is_date_and_number(std::string_view(suffix).substr(word.size())) &&
         name == name_with(database, suffix);
}

}  // namespace varve
