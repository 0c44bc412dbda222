#include "tools/compare/row_key.h"

#include <cstdint>
#include <string_view>

namespace varve {
namespace {

// 'it''s' is it's. As it is where no quote stands in front.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return std::string(text);
  std::string plain;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '\'' && text[i + 1] == '\'') ++i;
  }
  return plain;
}

}  // namespace

std::vector<std::string> parts_of_key(const std::string& key, std::size_t count) {
  if (count == 1) return {unquoted(key)};
  std::vector<std::string> parts(1);
  bool is_quoted = false;
  for (const char letter : key) {
    if (letter == '\'' && (is_quoted || parts.back().empty() || parts.back().front() == '\'')) {
      is_quoted = !is_quoted;
    }
    if (letter == ',' && !is_quoted) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  for (std::string& part : parts) part = unquoted(part);
  return parts;
}

SqlValue key_value(const std::string& text, const std::string& type) {
  const bool is_number =
      !text.empty() && text.size() < 19 &&
      text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos &&
      text != "-";
  if (type.empty() && is_number) return std::int64_t{std::stoll(text)};
  return text;
}

}  // namespace varve
