#include "store/core/encoding.h"

#include <fmt/format.h>

#include "store/core/error.h"

namespace varve {
namespace {

constexpr std::uint64_t kSevenBits = 0x7f;
constexpr std::uint64_t kContinued = 0x80;

template <class Integer>
void append_little_endian(Bytes& buffer, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    buffer.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
  }
}

template <class Integer>
Integer little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return static_cast<Integer>(value);
}

}  // namespace

void Encoder::u8(std::uint8_t value) { buffer_.push_back(static_cast<std::byte>(value)); }
void Encoder::u16(std::uint16_t value) { append_little_endian(buffer_, value); }
void Encoder::u32(std::uint32_t value) { append_little_endian(buffer_, value); }
void Encoder::u64(std::uint64_t value) { append_little_endian(buffer_, value); }

void Encoder::varint(std::uint64_t value) {
  while (value > kSevenBits) {
    buffer_.push_back(static_cast<std::byte>((value & kSevenBits) | kContinued));
    value >>= 7;
  }
  buffer_.push_back(static_cast<std::byte>(value));
}

void Encoder::zigzag(std::int64_t value) {
  const auto sign = static_cast<std::uint64_t>(value >> 63);  // all ones or all zeros
  varint((static_cast<std::uint64_t>(value) << 1) ^ sign);
}

void Encoder::bytes(ByteView value) { buffer_.insert(buffer_.end(), value.begin(), value.end()); }

void Encoder::text(std::string_view value) {
  varint(value.size());
  bytes(as_bytes(value));
}

std::uint8_t Decoder::u8() { return little_endian<std::uint8_t>(bytes(1)); }
std::uint16_t Decoder::u16() { return little_endian<std::uint16_t>(bytes(2)); }
std::uint32_t Decoder::u32() { return little_endian<std::uint32_t>(bytes(4)); }
std::uint64_t Decoder::u64() { return little_endian<std::uint64_t>(bytes(8)); }

std::uint64_t Decoder::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = u8();
    const std::uint64_t part = byte & kSevenBits;
    if (part << shift >> shift != part) fail("varint over 64 bits");
    value |= part << shift;
    if ((byte & kContinued) == 0) {
      if (byte == 0 && shift > 0) fail("varint not minimal");
      return value;
    }
  }
  fail("varint over 64 bits");
}

std::int64_t Decoder::zigzag() {
  const std::uint64_t value = varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

ByteView Decoder::bytes(std::size_t count) {
  if (count > left()) fail("ends too early");
  const ByteView found = view_.subspan(at_, count);
  at_ += count;
  return found;
}

std::string Decoder::text(std::size_t longest) {
  return std::string(as_text(bytes(count(longest))));
}

std::size_t Decoder::count(std::size_t limit) {
  const std::uint64_t value = varint();
  if (value > limit) fail("count over its limit");
  return static_cast<std::size_t>(value);
}

void Decoder::finish() const {
  if (left() != 0) fail("bytes left over");
}

void Decoder::fail(const char* why) const {
  throw corrupt_error(std::string(what_),
                      fmt::format("{} at byte {} of {}", why, at_, view_.size()));
}

}  // namespace varve
