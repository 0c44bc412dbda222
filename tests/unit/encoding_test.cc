#include "store/core/encoding.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "store/core/error.h"
#include "store/core/ids.h"
#include "tests/support/expect_error.h"

namespace varve {
namespace {

Bytes from_text(std::string_view hex) { return from_hex(hex).value(); }

std::string varint_hex(std::uint64_t value) {
  Encoder out;
  out.varint(value);
  return to_hex(out.buffer());
}

TEST(Encoding, IntegersAreLittleEndian) {
  Encoder out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0f);
  EXPECT_EQ(to_hex(out.buffer()),
            "01"
            "0302"
            "07060504"
            "0f0e0d0c0b0a0908");
  Decoder in(out.buffer(), "record");
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607u);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fu);
  in.finish();
}

TEST(Encoding, VarintsAreLeb128) {
  EXPECT_EQ(varint_hex(0), "00");
  EXPECT_EQ(varint_hex(127), "7f");
  EXPECT_EQ(varint_hex(128), "8001");
  EXPECT_EQ(varint_hex(300), "ac02");
  EXPECT_EQ(varint_hex(~std::uint64_t{0}), "ffffffffffffffffff01");
}

TEST(Encoding, NumbersOfEveryLengthComeBack) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    const auto signed_value = static_cast<std::int64_t>(random()) >> (random() % 64);
    Encoder out;
    out.varint(value);
    out.zigzag(signed_value);
    Decoder in(out.buffer(), "record");
    EXPECT_EQ(in.varint(), value);
    EXPECT_EQ(in.zigzag(), signed_value);
    EXPECT_NO_THROW(in.finish());
  }
}

TEST(Encoding, ZigzagKeepsTheExtremes) {
  for (const std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                                   std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    Encoder out;
    out.zigzag(value);
    Decoder in(out.buffer(), "record");
    EXPECT_EQ(in.zigzag(), value);
  }
}

TEST(Encoding, VarintsThatAreNotMinimalAreDamage) {
  for (const char* hex : {"8000", "ff00", "80808000", "80808080808080808000"}) {
    const Bytes bytes = from_text(hex);
    Decoder in(bytes, "record");
    expect_error(ErrorCode::corrupt, "record", [&] { in.varint(); });
  }
}

TEST(Encoding, VarintsOver64BitsAreDamage) {
  for (const char* hex : {"ffffffffffffffffff02", "ffffffffffffffffffff01"}) {
    const Bytes bytes = from_text(hex);
    Decoder in(bytes, "record");
    expect_error(ErrorCode::corrupt, "record", [&] { in.varint(); });
  }
}

Bytes some_record() {
  Encoder out;
  out.u8(7);
  out.u16(7);
  out.u32(7);
  out.u64(7);
  out.varint(1u << 20);
  out.zigzag(-100'000);
  out.text("some text");
  out.varint(3);
  out.bytes(as_bytes("abc"));
  return out.take();
}

void read_record(ByteView bytes) {
  Decoder in(bytes, "the record");
  in.u8();
  in.u16();
  in.u32();
  in.u64();
  in.varint();
  in.zigzag();
  in.text();
  in.bytes(in.count(3));
  in.finish();
}

TEST(Encoding, EveryTruncationOfARecordIsDamage) {
  const Bytes record = some_record();
  EXPECT_NO_THROW(read_record(record));
  for (std::size_t size = 0; size < record.size(); ++size) {
    expect_error(ErrorCode::corrupt, "the record",
                 [&] { read_record(ByteView(record).first(size)); });
  }
}

TEST(Encoding, BytesLeftOverAreDamage) {
  Bytes record = some_record();
  record.push_back(std::byte{0});
  expect_error(ErrorCode::corrupt, "the record", [&] { read_record(record); });
}

TEST(Encoding, CountsAndTextsHaveALimit) {
  Encoder out;
  out.text("12345");
  Decoder exactly(out.buffer(), "record");
  EXPECT_EQ(exactly.text(5), "12345");
  Decoder over(out.buffer(), "record");
  expect_error(ErrorCode::corrupt, "record", [&] { over.text(4); });
  // A length that is larger than anything that could follow takes no memory.
  Encoder huge;
  huge.varint(~std::uint64_t{0});
  Decoder in(huge.buffer(), "record");
  expect_error(ErrorCode::corrupt, "record", [&] { in.bytes(in.count(~std::size_t{0})); });
}

TEST(Encoding, TheErrorSaysWhere) {
  const Bytes bytes(3);
  Decoder in(bytes, "record");
  in.u16();
  const auto error = error_of([&] { in.u32(); });
  ASSERT_TRUE(error);
  EXPECT_NE(std::string(error->what()).find("byte 2 of 3"), std::string::npos) << error->what();
}

}  // namespace
}  // namespace varve
