#include "store/transform/chunker.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace varve {
namespace {

Bytes noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

std::vector<std::size_t> cuts(const Chunker& chunker, ByteView bytes) {
  std::vector<std::size_t> lengths;
  while (!bytes.empty()) {
    lengths.push_back(chunker.next(bytes));
    bytes = bytes.subspan(lengths.back());
  }
  return lengths;
}

TEST(Chunker, LengthsStayWithinTheirBounds) {
  const Chunker chunker(4096);
  const Bytes bytes = noise(1 << 20, 1);
  const std::vector<std::size_t> lengths = cuts(chunker, bytes);
  for (std::size_t i = 0; i + 1 < lengths.size(); ++i) {
    EXPECT_GE(lengths[i], chunker.smallest());
    EXPECT_LE(lengths[i], chunker.largest());
  }
  const double average = static_cast<double>(bytes.size()) / static_cast<double>(lengths.size());
  EXPECT_GT(average, 4096 * 0.6);
  EXPECT_LT(average, 4096 * 1.6);
}

TEST(Chunker, CutsComeBackBehindAnInsertion) {
  const Chunker chunker(4096);
  const Bytes before = noise(1 << 20, 2);
  Bytes after = noise(100, 3);
  after.insert(after.end(), before.begin(), before.end());
  const auto ends = [&](ByteView bytes, std::size_t shift) {
    std::set<std::size_t> set;
    std::size_t end = 0;
    for (const std::size_t length : cuts(chunker, bytes)) set.insert((end += length) - shift);
    return set;
  };
  const std::set<std::size_t> old_ends = ends(before, 0);
  std::size_t common = 0;
  for (const std::size_t end : ends(after, 100)) common += old_ends.count(end);
  EXPECT_GT(common, old_ends.size() * 9 / 10);
}

TEST(Chunker, BytesWithoutContentAreCutAtTheLargest) {
  const Chunker chunker(4096);
  const Bytes zeros(1 << 20);
  for (const std::size_t length : cuts(chunker, zeros)) EXPECT_EQ(length, chunker.largest());
}

TEST(Chunker, WhatIsShortStaysWhole) {
  const Chunker chunker(4096);
  EXPECT_EQ(chunker.next(noise(1, 1)), 1U);
  EXPECT_EQ(chunker.next(noise(chunker.smallest(), 1)), chunker.smallest());
}

}  // namespace
}  // namespace varve
