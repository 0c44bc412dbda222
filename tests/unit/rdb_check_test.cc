// Whether bytes are a whole RDB file, however they come.
#include "tools/sources/rdb_check.h"

#include <gtest/gtest.h>

#include <random>

#include "tools/sources/crc64.h"

namespace varve {
namespace {

Bytes with_checksum(std::string_view body) {
  Bytes bytes(as_bytes(body).begin(), as_bytes(body).end());
  std::uint64_t crc = crc64(0, bytes);
  for (int i = 0; i < 8; ++i, crc >>= 8) bytes.push_back(static_cast<std::byte>(crc & 0xff));
  return bytes;
}

// One key "k" with the value "v" in database 0, as version 10 writes it.
Bytes small_rdb() {
  using namespace std::string_view_literals;
  return with_checksum("REDIS0010\xfe\0\xfb\1\0\0\1k\1v\xff"sv);
}

std::optional<std::string> fault_of(ByteView bytes, std::size_t step) {
  RdbCheck check;
  while (!bytes.empty()) {
    const std::size_t count = std::min(step, bytes.size());
    check.update(bytes.first(count));
    bytes = bytes.subspan(count);
  }
  return check.fault();
}

TEST(Crc64, HasItsCheckValue) { EXPECT_EQ(crc64(0, as_bytes("123456789")), 0xe9c6d914c4b8d9ca); }

TEST(Crc64, IsTheSameInParts) {
  std::mt19937 random(7);
  Bytes bytes(1000);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const std::uint64_t whole = crc64(0, bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    const ByteView view(bytes);
    EXPECT_EQ(crc64(crc64(0, view.first(cut)), view.subspan(cut)), whole) << cut;
  }
}

TEST(RdbCheck, AWholeFileHasNoFaultInPartsOfAnySize) {
  const Bytes rdb = small_rdb();
  for (std::size_t step = 1; step <= rdb.size(); ++step) {
    EXPECT_EQ(fault_of(rdb, step), std::nullopt) << step;
  }
  RdbCheck check;
  check.update(rdb);
  EXPECT_EQ(check.version(), 10);
  EXPECT_TRUE(check.has_checksum());
}

TEST(RdbCheck, EveryShorterFileHasAFault) {
  const Bytes rdb = small_rdb();
  for (std::size_t size = 0; size < rdb.size(); ++size) {
    for (const std::size_t step : {std::size_t{1}, rdb.size()}) {
      EXPECT_TRUE(fault_of(ByteView(rdb).first(size), step)) << size;
    }
  }
}

TEST(RdbCheck, EveryFlippedByteIsAFault) {
  const Bytes rdb = small_rdb();
  for (std::size_t i = 0; i < rdb.size(); ++i) {
    Bytes damaged = rdb;
    damaged[i] ^= std::byte{1};
    EXPECT_TRUE(fault_of(damaged, damaged.size())) << i;
  }
}

TEST(RdbCheck, AServerMayHaveBeenToldToWriteNoChecksum) {
  Bytes rdb = small_rdb();
  std::fill(rdb.end() - 8, rdb.end(), std::byte{0});
  EXPECT_EQ(fault_of(rdb, 5), std::nullopt);
  RdbCheck check;
  check.update(rdb);
  EXPECT_FALSE(check.has_checksum());
}

TEST(RdbCheck, TheOldestVersionsHaveNoChecksum) {
  using namespace std::string_view_literals;
  EXPECT_EQ(fault_of(as_bytes("REDIS0002\xfe\0\0\1k\1v\xff"sv), 3), std::nullopt);
  EXPECT_TRUE(fault_of(as_bytes("REDIS0002\xfe\0\0\1k\1v"sv), 3));
}

TEST(RdbCheck, SomethingElseIsNone) {
  EXPECT_EQ(fault_of(as_bytes("-ERR no such thing, and some more words"), 4),
            "does not begin as an RDB file does");
  EXPECT_TRUE(fault_of(as_bytes("REDIS001x and many more bytes than it needs"), 4));
}

}  // namespace
}  // namespace varve
