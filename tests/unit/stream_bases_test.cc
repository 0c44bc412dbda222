// The bases of a stream's chunks: what a dump costs whose rows moved a little.
#include "store/ingest/stream_bases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/random_bytes.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

constexpr std::size_t kRow = 50;

// Rows as a dump has them: hardly compressible, each another.
std::vector<Bytes> make_rows(std::size_t count, std::uint64_t seed) {
  std::vector<Bytes> rows;
  const Bytes all = random_bytes(count * kRow, seed);
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(i * kRow);
    rows.emplace_back(begin, begin + kRow);
  }
  return rows;
}

Bytes joined(const std::vector<Bytes>& rows) {
  Bytes bytes;
  for (const Bytes& row : rows) bytes.insert(bytes.end(), row.begin(), row.end());
  return bytes;
}

class StreamBasesTest : public testing::Test {
 protected:
  // What a snapshot of these rows adds to the packs.
  std::uint64_t added(const std::vector<Bytes>& rows) {
    const Bytes bytes = joined(rows);
    const Snapshot snapshot = repository_.take(bytes, "rows", Chunking::content);
    repository_.expect_holds(snapshot, bytes);
    return snapshot.added_bytes;
  }

  TestRepository repository_;
  std::mt19937_64 random_{17};
};

// A change in every chunk: none is as it was, none is lost.
TEST_F(StreamBasesTest, AChangeInEveryChunkCostsTheChanges) {
  std::vector<Bytes> rows = make_rows(40000, 1);
  const std::uint64_t first = added(rows);
  for (std::size_t i = 0; i < rows.size(); i += 15) rows[i] = make_rows(1, 1000 + i).front();
  EXPECT_LT(added(rows), first / 3);
}

// As an updated row leaves its place in a heap and goes to its end.
TEST_F(StreamBasesTest, RowsThatMoveToTheEndCostThemselves) {
  std::vector<Bytes> rows = make_rows(40000, 2);
  const std::uint64_t first = added(rows);
  for (int night = 0; night < 4; ++night) {
    std::vector<Bytes> kept;
    std::vector<Bytes> moved;
    for (Bytes& row : rows) (random_() % 100 == 0 ? moved : kept).push_back(std::move(row));
    rows = std::move(kept);
    rows.insert(rows.end(), moved.begin(), moved.end());
    EXPECT_LT(added(rows), first / 8) << night;
  }
  repository_.expect_sound();
}

// As a purge at the front of a table, or a bulk load in the middle.
TEST_F(StreamBasesTest, WhatWasTakenOutOrPutInCostsNothingBehindIt) {
  std::vector<Bytes> rows = make_rows(40000, 3);
  const std::uint64_t first = added(rows);
  const auto change_a_little = [&] {
    for (std::size_t i = 0; i < rows.size(); i += 60) rows[i] = make_rows(1, random_()).front();
  };
  rows.erase(rows.begin(), rows.begin() + 7000);
  change_a_little();
  EXPECT_LT(added(rows), first / 5);
  const std::vector<Bytes> load = make_rows(3000, 4);
  rows.insert(rows.begin() + 10000, load.begin(), load.end());
  change_a_little();
  EXPECT_LT(added(rows), first / 5 + first * 3 / 40);
}

TEST_F(StreamBasesTest, WithoutAnEarlierVersionThereAreNone) {
  const StreamBases bases(nullptr, 16);
  const auto parts = bases.parts(1000, random_bytes(500, 5));
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts.front().length, 500U);
  EXPECT_FALSE(parts.front().old);
}

}  // namespace
}  // namespace varve
