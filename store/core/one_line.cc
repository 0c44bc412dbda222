#include "store/core/one_line.h"

namespace varve {
namespace {

// Bytes of the character that `first` begins; 0 where no character begins so.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

// Second bytes that would make a longer form than needed, a surrogate, or too large a number.
bool is_second(unsigned char first, unsigned char second) {
  if ((second & 0xc0) != 0x80) return false;
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second < 0xa0;
  if (first == 0xf0) return second >= 0x90;
  return first != 0xf4 || second < 0x90;
}

// The UTF-8 character at the front of `text`; empty where there is none.
std::string_view character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = length_of(first);
  if (length == 0 || length > text.size()) return {};
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if (i == 1 ? !is_second(first, next) : (next & 0xc0) != 0x80) return {};
  }
  return text.substr(0, length);
}

std::string_view readable(std::string_view shown) {
  if (shown.empty()) return "?";
  if (shown == "\n") return "; ";
  const auto first = static_cast<unsigned char>(shown.front());
  return first < 0x20 || first == 0x7f ? " " : shown;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t longest) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string line;
  while (!text.empty()) {
    const std::string_view found = character(text);
    const std::string_view shown = readable(found);
    if (line.size() + shown.size() > longest) return line + "…";
    line += shown;
    text.remove_prefix(found.empty() ? 1 : found.size());
  }
  return line;
}

}  // namespace varve
