#include "tools/sources/index_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace varve {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kSlab = 1 << 20;
constexpr std::size_t kPagesInSlab = kSlab / kPage;

constexpr std::byte kLeafTable{0x0d};
constexpr std::byte kLeafIndex{0x0a};

// A file of pages: the first a database's, page i filled with i where its kind is `kind(i)`.
Bytes file_of(std::size_t pages, const auto& kind) {
  Bytes file(pages * kPage);
  for (std::size_t i = 0; i < pages; ++i) {
    std::byte* const page = file.data() + i * kPage;
    std::fill_n(page, kPage, static_cast<std::byte>(i));
    *page = kind(i);
  }
  const std::string_view magic("SQLite format 3\0", 16);
  std::transform(magic.begin(), magic.end(), file.begin(),
                 [](char letter) { return static_cast<std::byte>(letter); });
  file[16] = std::byte{0x10};
  file[17] = std::byte{0x00};
  return file;
}

void take_all(IndexPages& pages, ByteView file, std::size_t part) {
  for (std::size_t at = 0; at < file.size(); at += part) {
    pages.take(at, file.subspan(at, std::min(part, file.size() - at)));
  }
}

bool holds(const IndexPages& pages, const Bytes& file, std::size_t number) {
  Bytes out(kPage);
  if (!pages.read(number * kPage, out)) return false;
  EXPECT_TRUE(std::ranges::equal(out, ByteView(file).subspan(number * kPage, kPage))) << number;
  return true;
}

TEST(IndexPages, HoldsAllOfAFileThatFits) {
  const Bytes file = file_of(600, [](std::size_t) { return kLeafTable; });
  IndexPages pages(3 * kSlab);
  take_all(pages, file, 64 << 10);
  for (std::size_t i = 0; i < 600; ++i) EXPECT_TRUE(holds(pages, file, i)) << i;
  EXPECT_FALSE(holds(pages, file, 600));
}

TEST(IndexPages, PagesOfIndexesPushOutLeavesOfTables) {
  const std::size_t count = 4 * kPagesInSlab;
  const auto is_index = [](std::size_t i) { return i % 4 == 3; };
  const Bytes file =
      file_of(count, [&](std::size_t i) { return is_index(i) ? kLeafIndex : kLeafTable; });
  IndexPages pages(kSlab);
  take_all(pages, file, 64 << 10);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(holds(pages, file, i), is_index(i)) << i;
}

TEST(IndexPages, IsBounded) {
  const Bytes file = file_of(2 * kPagesInSlab, [](std::size_t) { return kLeafIndex; });
  IndexPages pages(kSlab);
  take_all(pages, file, 64 << 10);
  std::size_t held = 0;
  for (std::size_t i = 0; i < 2 * kPagesInSlab; ++i) held += holds(pages, file, i) ? 1U : 0U;
  EXPECT_EQ(held, kPagesInSlab);
}

// Chunks that were cut by their content know nothing of pages.
TEST(IndexPages, PartsMayEndAnywhere) {
  const Bytes file = file_of(100, [](std::size_t) { return kLeafIndex; });
  IndexPages pages(kSlab);
  take_all(pages, file, 10'000);
  std::size_t held = 0;
  for (std::size_t i = 0; i < 100; ++i) held += holds(pages, file, i) ? 1U : 0U;
  EXPECT_GT(held, 50u) << "all but those that two parts share";
}

TEST(IndexPages, GivesTheFrontOfAPageButNoMore) {
  const Bytes file = file_of(10, [](std::size_t) { return kLeafIndex; });
  IndexPages pages(kSlab);
  take_all(pages, file, file.size());
  Bytes out(100);
  EXPECT_TRUE(pages.read(kPage, out));
  EXPECT_FALSE(pages.read(kPage + 24, out));
  Bytes two(2 * kPage);
  EXPECT_FALSE(pages.read(kPage, two));
}

TEST(IndexPages, WhatIsNoDatabaseIsNotKept) {
  IndexPages pages(kSlab);
  take_all(pages, Bytes(10 * kPage, std::byte{0x0a}), kPage);
  Bytes out(kPage);
  EXPECT_FALSE(pages.read(0, out));
}

}  // namespace
}  // namespace varve
