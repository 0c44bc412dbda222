#include "tools/compare/real_literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace varve {
namespace {

constexpr int kExactPower = 27;  // 5^27 fits the 64 bits of a long double
constexpr int kLargestShift = 62;
constexpr int kMantissaBits = 53;

// Of "ddd.ddde±x", without its point: the power of ten that the digits are multiplied with.
int power_of(std::string_view decimal) {
  const std::size_t mark = decimal.find_first_of("eE");
  const std::string_view digits = decimal.substr(0, mark);
  const int exponent = mark == decimal.npos ? 0 : std::stoi(std::string(decimal.substr(mark + 1)));
  const std::size_t point = digits.find('.');
  return exponent - (point == digits.npos ? 0 : static_cast<int>(digits.size() - point - 1));
}

// Whether both of SQLite's roundings lead to `value`: the exact one first, as strtold() has it.
bool is_read_exactly(const std::string& decimal, double value) {
  constexpr long double kSafe = 0.5L - 1.0L / 256;  // of the distance to the next double
  if (std::abs(power_of(decimal)) > kExactPower) return false;
  const long double exact = std::strtold(decimal.c_str(), nullptr);
  const long double off = std::fabs(exact - static_cast<long double>(value));
  // The smaller of the two distances, below a power of two.
  const long double step = static_cast<long double>(std::fabs(value)) -
                           static_cast<long double>(std::nextafter(std::fabs(value), 0.0));
  return off < kSafe * step;
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
  std::string shortest = shortest_decimal(value);
  if (value == 0 || std::isinf(value) || is_read_exactly(shortest, value)) return shortest;
  std::string longest = fmt::format("{:.17g}", value);
  if (longest.find_first_of(".eE") == std::string::npos) longest += ".0";
  return is_read_exactly(longest, value) ? longest : by_powers_of_two(value);
}

}  // namespace varve
