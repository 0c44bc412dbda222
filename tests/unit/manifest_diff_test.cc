#include "store/read/manifest_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/test_repository.h"

namespace varve {
namespace {

FileDifference difference(const TestRepository& repository, const Snapshot& before,
                          const Snapshot& after) {
  return compare_files(repository->chunks(), before.files.at(0), after.files.at(0));
}

std::vector<bool> marked(const std::vector<ByteRange>& ranges, std::size_t size) {
  std::vector<bool> marks(size);
  for (const ByteRange& range : ranges) {
    EXPECT_LE(range.offset + range.length, size);
    std::fill_n(marks.begin() + static_cast<std::ptrdiff_t>(range.offset), range.length, true);
  }
  return marks;
}

void expect_in_order(const std::vector<ByteRange>& ranges) {
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    EXPECT_LT(ranges[i - 1].offset + ranges[i - 1].length, ranges[i].offset);
  }
}

// Extents of both files, one by one.
void expect_extents(const FileDifference& found, const Bytes& before, const Bytes& after) {
  const std::vector<bool> in_before = marked(found.before, before.size());
  const std::vector<bool> in_after = marked(found.after, after.size());
  expect_in_order(found.before);
  expect_in_order(found.after);
  const std::size_t most = std::max(before.size(), after.size());
  for (std::size_t at = 0; at < most; at += kTestExtent) {
    const auto extent = [&](const Bytes& bytes) {
      const std::size_t begin = std::min(at, bytes.size());
      return as_text(
          ByteView(bytes).subspan(begin, std::min<std::size_t>(kTestExtent, bytes.size() - begin)));
    };
    const bool differs = extent(before) != extent(after);
    if (at < before.size()) {
      EXPECT_EQ(in_before[at], differs) << at;
    }
    if (at < after.size()) {
      EXPECT_EQ(in_after[at], differs) << at;
    }
  }
}

TEST(ManifestDiff, ExtentsOfRandomHistories) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    TestRepository repository;
    Bytes before = make_pages(random, random() % 120);
    const Snapshot first = repository.take(before);
    Bytes after = change_pages(random, before, random() % 6);
    if (random() % 3 == 0) after.resize(random() % (after.size() + 1));
    if (random() % 3 == 0) after.resize(after.size() + random() % 200'000, std::byte{7});
    const Snapshot second = repository.take(after);
    expect_extents(difference(repository, first, second), before, after);
    expect_extents(difference(repository, second, first), after, before);
    EXPECT_TRUE(difference(repository, second, second).is_empty());
  }
}

TEST(ManifestDiff, EmptyFiles) {
  TestRepository repository;
  const Snapshot empty = repository.take(Bytes());
  const Snapshot full = repository.take(Bytes(3 * kTestExtent + 1));
  EXPECT_TRUE(difference(repository, empty, empty).is_empty());
  EXPECT_EQ(difference(repository, empty, full).after,
            (std::vector<ByteRange>{{0, 3 * kTestExtent + 1}}));
  EXPECT_EQ(difference(repository, full, empty).before,
            (std::vector<ByteRange>{{0, 3 * kTestExtent + 1}}));
}

// What is not named stands in the other version too, wherever.
TEST(ManifestDiff, ContentThatMovedIsNoDifference) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    TestRepository repository;
    Bytes before = make_pages(random, 60);
    for (std::byte& byte : before) byte = static_cast<std::byte>(random());
    Bytes after = before;
    const auto at = static_cast<std::ptrdiff_t>(random() % after.size());
    const Bytes inserted(1 + random() % 300, std::byte{42});
    after.insert(after.begin() + at, inserted.begin(), inserted.end());
    const Snapshot first = repository.take(before, "dump", Chunking::content);
    const Snapshot second = repository.take(after, "dump", Chunking::content);
    const FileDifference found = difference(repository, first, second);
    expect_in_order(found.after);
    EXPECT_GE(bytes_of(found.after), inserted.size());
    EXPECT_LT(bytes_of(found.after), before.size() / 4);  // the chunks around it
    EXPECT_LT(bytes_of(found.before), before.size() / 4);
    EXPECT_TRUE(marked(found.after, after.size())[static_cast<std::size_t>(at)]);
  }
}

TEST(ManifestDiff, WhatBothShareIsNotRead) {
  std::mt19937_64 random(5);
  TestRepository repository;
  const Bytes before = make_pages(random, 256);  // 64 nodes above 4 extents each
  Bytes after = before;
  after[100] ^= std::byte{1};
  const Snapshot first = repository.take(before);
  const Snapshot second = repository.take(after);
  repository.reopen();
  EXPECT_EQ(difference(repository, first, second).after,
            (std::vector<ByteRange>{{0, kTestExtent}}));
  // The way down to one extent in both trees: four nodes of some bytes each.
  EXPECT_LT(repository->chunks().cached_bytes(), 4096U);
}

}  // namespace
}  // namespace varve
