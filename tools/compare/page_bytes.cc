#include "tools/compare/page_bytes.h"

namespace varve {

std::uint32_t PageBytes::number(std::size_t at, std::size_t bytes) {
  if (bytes > bytes_.size() || at > bytes_.size() - bytes) {
    is_bad_ = true;
    return 0;
  }
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + i]);
  }
  return value;
}

std::uint64_t PageBytes::varint(std::size_t& at) {
  constexpr int kLongest = 9;
  std::uint64_t value = 0;
  for (int i = 1; i <= kLongest; ++i) {
    const std::uint32_t byte = number(at++, 1);
    if (i == kLongest) return value << 8 | byte;
    value = value << 7 | (byte & 0x7fU);
    if ((byte & 0x80U) == 0) return value;
  }
  return value;
}

}  // namespace varve
