#include "tools/compare/sqlite_record.h"

#include <array>
#include <bit>
#include <utility>

#include "tools/compare/page_bytes.h"

namespace varve {
namespace {

// A big-endian number with a sign.
std::int64_t signed_number(PageBytes& record, std::size_t at, std::size_t bytes) {
  std::uint64_t value = (record.number(at, 1) & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | record.number(at + i, 1);
  return static_cast<std::int64_t>(value);
}

// One value of a record by its serial type ("Record Format"); moves `at` behind it.
std::optional<SqlValue> record_value(PageBytes& record, ByteView bytes, std::uint64_t type,
                                     std::size_t& at) {
  constexpr std::array<std::size_t, 7> kNumberBytes = {0, 1, 2, 3, 4, 6, 8};
  const std::size_t start = at;
  if (type == 0) return SqlNull{};
  if (type < kNumberBytes.size()) {
    at += kNumberBytes[type];
    return signed_number(record, start, kNumberBytes[type]);
  }
  if (type == 7) {
    at += 8;
    return std::bit_cast<double>(signed_number(record, start, 8));
  }
  if (type == 8 || type == 9) return static_cast<std::int64_t>(type - 8);
  if (type < 12) return std::nullopt;
  const std::uint64_t length = (type - 12) / 2;
  if (length > bytes.size() || start > bytes.size() - length) return std::nullopt;
  at += length;
  const ByteView part = bytes.subspan(start, length);
  if (type % 2 == 1) return std::string(as_text(part));
  return SqlBlob{Bytes(part.begin(), part.end())};
}

}  // namespace

std::optional<Row> record_front(ByteView bytes, std::size_t count) {
  PageBytes record(bytes);
  std::size_t type_at = 0;
  std::size_t at = record.varint(type_at);
  const std::size_t types_end = at;
  Row values;
  while (values.size() < count) {
    if (type_at >= types_end) return std::nullopt;
    auto value = record_value(record, bytes, record.varint(type_at), at);
    if (!value || record.is_bad()) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

}  // namespace varve
