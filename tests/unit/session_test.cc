#include "store/repository/session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/core/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

std::size_t ingest_files(const TestRepository& repository) {
  const auto files = std::filesystem::directory_iterator(repository.path() / "locks");
  return static_cast<std::size_t>(std::count_if(begin(files), end(files), [](const auto& file) {
    return file.path().filename().native().starts_with("ingest-");
  }));
}

TEST(SessionTest, RunningIngestsAreKnownByTheirEpochs) {
  TestRepository repository;
  EXPECT_TRUE(running_ingests(*repository).empty());
  const IngestSession first(*repository);
  repository->catalog().condemn({});
  {
    const IngestSession second(*repository);
    EXPECT_GT(second.epoch(), first.epoch());
    std::vector<std::uint64_t> epochs = running_ingests(*repository);
    std::sort(epochs.begin(), epochs.end());
    EXPECT_EQ(epochs, (std::vector{first.epoch(), second.epoch()}));
  }
  EXPECT_EQ(running_ingests(*repository), std::vector{first.epoch()});
  EXPECT_EQ(ingest_files(repository), 1u);
}

TEST(SessionTest, FilesOfTheDeadGo) {
  TestRepository repository;
  write_file_atomically(repository.path() / "locks" / "ingest-00", as_bytes("epoch 7\npid 1\n"));
  EXPECT_TRUE(running_ingests(*repository).empty());
  EXPECT_EQ(ingest_files(repository), 0u);
}

TEST(SessionTest, AnIngestThatHasNotSaidItsEpochCountsAsTheOldest) {
  TestRepository repository;
  const Path path = repository.path() / "locks" / "ingest-00";
  std::optional<FileLock> lock = FileLock::try_acquire(path);
  ASSERT_TRUE(lock);
  EXPECT_EQ(running_ingests(*repository), std::vector<std::uint64_t>{0});
  lock->describe("epoch 12");  // the line is not whole yet
  EXPECT_EQ(running_ingests(*repository), std::vector<std::uint64_t>{0});
  lock->describe("epoch 12\n");
  EXPECT_EQ(running_ingests(*repository), std::vector<std::uint64_t>{12});
}

TEST(SessionTest, OneIngestASource) {
  TestRepository repository;
  std::optional<FileLock> lock = lock_source(*repository, "history.db");
  const FileLock other = lock_source(*repository, "orders.db");
  expect_error(ErrorCode::locked, "another ingest of history.db is running (pid ",
               [&] { lock_source(*repository, "history.db"); });
  lock.reset();
  EXPECT_NO_THROW(lock_source(*repository, "history.db"));
}

}  // namespace
}  // namespace varve
