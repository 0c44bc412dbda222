// Compressed data in pieces.
#include "tools/sources/inflater.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/expect_error.h"
#include "tests/support/shell.h"

namespace varve {
namespace {

struct Unpacked {
  std::string text;
  bool is_complete = false;
};

Unpacked unpack(const std::string& packed, std::size_t piece) {
  Unpacked result;
  Inflater inflater;
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    inflater.add(as_bytes(std::string_view(packed).substr(at, piece)),
                 [&](ByteView plain) { result.text += as_text(plain); });
  }
  result.is_complete = inflater.is_complete();
  return result;
}

const std::string kText = shell("seq 1 200000").output;
const std::string kPacked = shell("seq 1 200000 | gzip -n").output;

TEST(Inflater, GivesBackWhatWasPackedHoweverItComes) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{777}, kPacked.size()}) {
    const Unpacked result = unpack(kPacked, piece);
    EXPECT_TRUE(result.text == kText) << piece;
    EXPECT_TRUE(result.is_complete) << piece;
  }
}

TEST(Inflater, TellsWhatBreaksOff) {
  for (const std::size_t missing : {std::size_t{1}, std::size_t{8}, kPacked.size() / 2}) {
    EXPECT_FALSE(unpack(kPacked.substr(0, kPacked.size() - missing), 1000).is_complete) << missing;
  }
}

TEST(Inflater, RefusesWhatIsDamaged) {
  std::string flipped = kPacked;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // checksum
  expect_error(ErrorCode::corrupt, "damaged", [&] { unpack(flipped, 1000); });
  expect_error(ErrorCode::corrupt, "damaged", [&] { unpack("no such data at all", 1000); });
  expect_error(ErrorCode::corrupt, "damaged", [&] { unpack(kPacked + "more", 1000); });
}

}  // namespace
}  // namespace varve
