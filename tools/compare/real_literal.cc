#include "tools/compare/real_literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace varve {
namespace {

constexpr int kExactPower = 27;  // 5^27 fits the 64 bits of a long double
constexpr int kLargestShift = 62;
constexpr int kMantissaBits = 53;

// A decimal is read as a whole number times a power of ten: whether that power is exact.
bool is_read_exactly(double value) {
  std::array<char, 32> buffer{};
  const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                  std::chars_format::scientific)
                        .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t mark = text.find('e');
  const auto digits = static_cast<int>(std::ranges::count_if(
      text.substr(0, mark), [](char letter) { return letter >= '0' && letter <= '9'; }));
  const int power = std::atoi(text.data() + mark + 1) - (digits - 1);
  return std::abs(power) <= kExactPower;
}

std::string by_powers_of_two(double value) {
  int exponent = 0;
  auto mantissa =
      static_cast<std::int64_t>(std::ldexp(std::frexp(value, &exponent), kMantissaBits));
  exponent -= kMantissaBits;
  for (; mantissa % 2 == 0; ++exponent) mantissa /= 2;
  std::string text = fmt::format("({}.0", mantissa);
  for (int left = std::abs(exponent); left > 0; left -= kLargestShift) {
    text += fmt::format("{}(1<<{})", exponent > 0 ? '*' : '/', std::min(left, kLargestShift));
  }
  return text + ")";
}

}  // namespace

std::string shortest_decimal(double value) {
  if (std::isinf(value)) return value > 0 ? "9e999" : "-9e999";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".eE") == std::string::npos) text += ".0";
  return text;
}

std::string real_literal(double value) {
  const bool is_plain = value == 0 || std::isinf(value) || is_read_exactly(value);
  return is_plain ? shortest_decimal(value) : by_powers_of_two(value);
}

}  // namespace varve
