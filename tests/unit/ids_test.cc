#include "store/core/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace varve {
namespace {

TEST(Ids, RefAndKeyAreTheFrontOfAnId) {
  ChunkId id;
  for (std::size_t i = 0; i < ChunkId::size; ++i) id.bytes[i] = static_cast<std::byte>(i + 1);
  EXPECT_EQ(to_hex(ref_of(id).view()), "0102030405060708090a0b0c0d0e0f10");
  EXPECT_EQ(key_of(id).value, 0x0102030405060708u);
  EXPECT_EQ(key_of(ref_of(id)), key_of(id));
}

TEST(Ids, OrderIsThatOfTheBytes) {
  ChunkRef low;
  ChunkRef high;
  low.bytes[15] = std::byte{0xff};
  high.bytes[0] = std::byte{0x80};
  EXPECT_LT(low, high);
  EXPECT_LT(key_of(low), key_of(high));
}

TEST(Hex, ComesBackInBothCases) {
  const Bytes bytes{std::byte{0x00}, std::byte{0x9f}, std::byte{0xab}, std::byte{0xff}};
  EXPECT_EQ(to_hex(bytes), "009fabff");
  EXPECT_EQ(from_hex("009fabff"), bytes);
  EXPECT_EQ(from_hex("009FABFF"), bytes);
  EXPECT_EQ(from_hex(""), Bytes());
}

TEST(Hex, OtherTextIsNoHex) {
  for (const char* text : {"0", "0g", "g0", "00 ", " 00", "0x00", "00\n", "-1"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

TEST(Ids, RandomOnesDiffer) {
  std::set<PackId> ordered;
  std::unordered_set<PackId> hashed;
  for (int i = 0; i < 1000; ++i) {
    const auto id = random_id<PackId>();
    ordered.insert(id);
    hashed.insert(id);
  }
  EXPECT_EQ(ordered.size(), 1000u);
  EXPECT_EQ(hashed.size(), 1000u);
}

TEST(Ids, RandomBytesFillEverything) {
  // A byte of each place is zero in all 64 tries once in 2^512.
  constexpr std::size_t size = 5000;  // over what the kernel gives without interruption, 256
  Bytes seen(size);
  for (int i = 0; i < 64; ++i) {
    Bytes bytes(size);
    fill_random(bytes);
    for (std::size_t at = 0; at < size; ++at) seen[at] |= bytes[at];
  }
  for (std::size_t at = 0; at < size; ++at) EXPECT_NE(seen[at], std::byte{0}) << at;
}

}  // namespace
}  // namespace varve
