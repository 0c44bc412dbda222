// gzip with every checksum checked.
#include "tools/import/gzip_decoder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/expect_error.h"
#include "tests/support/shell.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

class GzipDecoding : public testing::Test {
 protected:
  // What gzip makes of `content`.
  std::string packed(const std::string& content) const {
    write(content);
    return shell("gzip -nc " + quoted(folder_ / "file")).output;
  }
  std::string unpacked(const std::string& bytes, std::size_t step = 1000) const {
    write(bytes);
    const File file = File::open_read(folder_ / "file");
    GzipDecoder decoder(file);
    std::string out;
    std::string part(step, '\0');
    while (const std::size_t count = decoder.read(std::as_writable_bytes(std::span(part)))) {
      out.append(part, 0, count);
    }
    return out;
  }

  const std::string text_ = shell("seq 1 300").output;

 private:
  void write(const std::string& bytes) const {
    std::ofstream(folder_ / "file", std::ios::binary | std::ios::trunc) << bytes;
  }
  TempFolder folder_;
};

TEST_F(GzipDecoding, GivesTheContentInPiecesOfAnySize) {
  for (const std::size_t step : {1U, 7U, 4096U}) EXPECT_EQ(unpacked(packed(text_), step), text_);
  EXPECT_EQ(unpacked(packed("")), "");
}

TEST_F(GzipDecoding, TakesSeveralMembersAndZerosAtTheEnd) {
  const std::string twice = packed(text_) + packed(text_);
  EXPECT_EQ(unpacked(twice), text_ + text_);
  EXPECT_EQ(unpacked(twice + std::string(512, '\0')), text_ + text_);
  EXPECT_EQ(unpacked(packed("") + packed(text_)), text_);
}

TEST_F(GzipDecoding, EveryEarlyEndIsAFault) {
  const std::string whole = packed(text_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_error(ErrorCode::failed, "too early", [&] { unpacked(whole.substr(0, size)); });
  }
}

TEST_F(GzipDecoding, NoFlippedBitChangesTheContentUnnoticed) {
  const std::string whole = packed(text_);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    std::string content = text_;  // where it is refused, nothing was changed
    error_of([&] { content = unpacked(damaged); });
    EXPECT_EQ(content, text_) << i;
  }
}

TEST_F(GzipDecoding, SomethingElseBehindItIsAFault) {
  expect_error(ErrorCode::failed, "something else", [&] { unpacked(packed(text_) + "tail"); });
}

}  // namespace
}  // namespace varve
