// Whether bytes that pass by are a whole RDB file: its magic, its end, its checksum.
//
// "REDIS0010" … 0xff CRC-64 (little endian, over all before it; 0 where the server was told
// `rdbchecksum no`; none before version 5). Not thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "store/core/bytes.h"

namespace varve {

class RdbCheck {
 public:
  static constexpr std::string_view kMagic = "REDIS";

  void update(ByteView bytes);

  // After the last byte: what is wrong, in words that follow "the file"; nothing where it is whole.
  std::optional<std::string> fault() const;
  int version() const;        // of the format; 0 where the front is not an RDB file's
  bool has_checksum() const;  // after the last byte
  std::uint64_t size() const { return size_; }  // bytes so far

 private:
  static constexpr std::size_t kFront = 9;
  static constexpr std::size_t kTrailer = 8;

  void pass(ByteView bytes);  // they lie before the last kTrailer ones

  std::array<std::byte, kFront> front_{};
  std::array<std::byte, kTrailer> tail_{};  // the last bytes, fewer at the beginning
  std::size_t tail_size_ = 0;
  std::byte last_passed_{};  // the one before the tail
  std::uint64_t crc_ = 0;    // of all before the tail
  std::uint64_t size_ = 0;
};

}  // namespace varve
