#include "tools/compare/row_key.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

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

// Nothing where it is not as SQLite writes one.
std::optional<SqlBlob> blob_in(std::string_view text) {
  if (text.size() < 3 || (text[0] != 'X' && text[0] != 'x')) return std::nullopt;
  if (text[1] != '\'' || text.back() != '\'') return std::nullopt;
  const std::string_view digits = text.substr(2, text.size() - 3);
  SqlBlob blob;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    std::uint8_t byte = 0;
    const char* const end = digits.data() + std::min(i + 2, digits.size());
    const auto read = std::from_chars(digits.data() + i, end, byte, 16);
    if (digits.size() - i < 2 || read.ptr != end) return std::nullopt;
    blob.bytes.push_back(static_cast<std::byte>(byte));
  }
  return blob;
}

}  // namespace

std::vector<std::string> parts_of_key(const std::string& key, std::size_t count) {
  if (count == 1) return {key};
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
  return parts;
}

SqlValue key_value(const std::string& part, const std::string& type) {
  if (auto blob = blob_in(part)) return std::move(*blob);
  const std::string text = unquoted(part);
  const bool is_number =
      !text.empty() && text.size() < 19 &&
      text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos &&
      text != "-";
  if (type.empty() && is_number) return std::int64_t{std::stoll(text)};
  return text;
}

}  // namespace varve
