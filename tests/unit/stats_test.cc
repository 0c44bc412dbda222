#include "store/gc/stats.h"

#include <gtest/gtest.h>

#include "tests/support/test_repository.h"

namespace varve {
namespace {

std::uint64_t bytes_in(const Path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

TEST(StatsTest, SnapshotsAreCountedByTheirProof) {
  std::mt19937_64 random(3);
  TestRepository repository;
  const Snapshot first = repository.take(make_pages(random, 2));
  repository.take(make_pages(random, 2));
  EXPECT_EQ(collect_stats(*repository).last_drill, std::nullopt);
  Attestation drill;
  drill.source = first.sources.at(0).name;
  drill.level = "drill";
  drill.passed = true;
  drill.time = {1'795'226'400};
  drill.restore_seconds = 2.5;
  repository->attest(first.id, {drill});
  const Stats stats = collect_stats(*repository);
  EXPECT_EQ(stats.verified, (std::map<std::string, std::uint64_t>{{"drill", 1}, {"none", 1}}));
  ASSERT_TRUE(stats.last_drill);
  EXPECT_EQ(stats.last_drill->snapshot, first.name);
  EXPECT_EQ(stats.last_drill->restore_seconds, 2.5);
}

TEST(StatsTest, EveryByteIsCountedOnce) {
  std::mt19937_64 random(2);
  TestRepository repository;
  const Bytes bytes = make_pages(random, 20);
  const Snapshot first = repository.take(bytes);
  repository.take(change_pages(random, bytes, 5));

  Stats stats = collect_stats(*repository);
  EXPECT_EQ(stats.snapshots, 2u);
  EXPECT_EQ(stats.raw_bytes, 2 * bytes.size());
  EXPECT_EQ(stats.chunks.count + stats.manifests.count, repository->catalog().chunk_count());
  EXPECT_GE(stats.chunks.raw_bytes, bytes.size());
  EXPECT_EQ(stats.garbage_bytes, 0u);
  EXPECT_EQ(stats.chunks.stored_bytes + stats.chunks.header_bytes + stats.manifests.stored_bytes +
                stats.manifests.header_bytes + stats.pack_overhead_bytes,
            bytes_in(repository.path() / "packs"));
  EXPECT_EQ(stats.records_bytes, bytes_in(repository.path() / "snapshots") +
                                     bytes_in(repository.path() / "attestations"));
  EXPECT_EQ(stats.cache_bytes, bytes_in(repository.path() / "cache"));
  EXPECT_NEAR(stats.ratio() * static_cast<double>(stats.stored_bytes),
              static_cast<double>(stats.raw_bytes), 1);

  forget(*repository, {first.id});
  stats = collect_stats(*repository);
  EXPECT_EQ(stats.snapshots, 1u);
  const std::uint64_t garbage = stats.garbage_bytes;
  EXPECT_GT(garbage, 0u);
  EXPECT_EQ(repository.gc().freed_bytes, garbage);
  EXPECT_EQ(collect_stats(*repository).garbage_bytes, 0u);
}

}  // namespace
}  // namespace varve
