// The primitives of every disk format: little-endian integers, LEB128 varints, byte strings.
//
// Encoder appends to a buffer it owns. Decoder walks over a view, throws a corrupt Error
// where the bytes end too early or a varint is not minimal, and finish() throws where bytes
// are left: a record is consumed exactly or it is damaged.
#pragma once

#include <string>
#include <string_view>

#include "store/core/bytes.h"

namespace varve {

class Encoder {
 public:
  void u8(std::uint8_t value);
  void u16(std::uint16_t value);
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void varint(std::uint64_t value);   // 1 to 10 bytes
  void zigzag(std::int64_t value);    // a varint for numbers of either sign
  void bytes(ByteView value);         // as they are
  void text(std::string_view value);  // varint length, then the bytes

  const Bytes& buffer() const noexcept { return buffer_; }
  std::size_t size() const noexcept { return buffer_.size(); }
  Bytes take() noexcept { return std::move(buffer_); }
  void clear() noexcept { buffer_.clear(); }

 private:
  Bytes buffer_;
};

class Decoder {
 public:
  // `what` names the record in errors, e.g. "snapshot record 3f…"; it must outlive the decoder.
  Decoder(ByteView view, std::string_view what) : view_(view), what_(what) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::uint64_t varint();
  std::int64_t zigzag();
  ByteView bytes(std::size_t count);
  std::string text(std::size_t longest = 1u << 20);
  // A varint that is at most `limit`: for counts, before memory is taken for them.
  std::size_t count(std::size_t limit);

  std::size_t consumed() const noexcept { return at_; }
  std::size_t left() const noexcept { return view_.size() - at_; }
  void finish() const;

 private:
  [[noreturn]] void fail(const char* why) const;

  ByteView view_;
  std::string_view what_;
  std::size_t at_ = 0;
};

}  // namespace varve
