#include "tools/sources/rdb_check.h"

#include <algorithm>
#include <cstring>

#include "tools/sources/crc64.h"

namespace varve {
namespace {

constexpr std::byte kEnd{0xff};
constexpr int kFirstWithChecksum = 5;

std::uint64_t number_of(std::span<const std::byte, 8> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i > 0; --i) {
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i - 1]);
  }
  return value;
}

}  // namespace

void RdbCheck::pass(ByteView bytes) {
  if (bytes.empty()) return;
  crc_ = crc64(crc_, bytes);
  last_passed_ = bytes.back();
}

void RdbCheck::update(ByteView bytes) {
  if (bytes.empty()) return;
  for (std::size_t i = 0; i < bytes.size() && size_ + i < kFront; ++i) front_[size_ + i] = bytes[i];
  size_ += bytes.size();
  const std::size_t kept = std::min(bytes.size(), kTrailer);
  const ByteView tail = ByteView(tail_).first(tail_size_);
  const std::size_t leaving = tail_size_ + kept > kTrailer ? tail_size_ + kept - kTrailer : 0;
  pass(tail.first(leaving));
  pass(bytes.first(bytes.size() - kept));
  std::memmove(tail_.data(), tail_.data() + leaving, tail_size_ - leaving);
  tail_size_ -= leaving;
  std::memcpy(tail_.data() + tail_size_, bytes.data() + bytes.size() - kept, kept);
  tail_size_ += kept;
}

int RdbCheck::version() const {
  if (size_ < kFront || as_text(front_).substr(0, kMagic.size()) != kMagic) return 0;
  int version = 0;
  for (const char digit : as_text(front_).substr(kMagic.size())) {
    if (digit < '0' || digit > '9') return 0;
    version = version * 10 + (digit - '0');
  }
  return version;
}

bool RdbCheck::has_checksum() const {
  return version() >= kFirstWithChecksum && number_of(tail_) != 0;
}

std::optional<std::string> RdbCheck::fault() const {
  if (version() == 0) return "does not begin as an RDB file does";
  const bool has_trailer = version() >= kFirstWithChecksum;
  const std::byte end = has_trailer ? last_passed_ : tail_[tail_size_ - 1];
  if (size_ <= kFront + (has_trailer ? kTrailer : 0) || end != kEnd) return "ends too early";
  if (has_checksum() && number_of(tail_) != crc_) return "does not match its own checksum";
  return {};
}

}  // namespace varve
