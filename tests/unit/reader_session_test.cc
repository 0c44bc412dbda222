#include "store/repository/reader_session.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace varve {
namespace {

Snapshot snapshot_with(std::byte id) {
  Snapshot snapshot;
  snapshot.id.bytes.fill(id);
  snapshot.name = "2026-11-21T02-00-00Z";
  snapshot.sources.resize(1);
  snapshot.sources[0].name = "data";
  return snapshot;
}

class ReaderSessions : public testing::Test {
 protected:
  void SetUp() override {
    Repository::create(folder_ / "repo");
    repository_ = Repository::open(folder_ / "repo");
  }

  std::vector<SnapshotId> pinned() {
    std::vector<SnapshotId> ids;
    for (const Snapshot& snapshot : pinned_snapshots(*repository_)) ids.push_back(snapshot.id);
    return ids;
  }
  std::size_t reader_files() const {
    std::size_t count = 0;
    for (const auto& item : std::filesystem::directory_iterator(folder_ / "repo/locks")) {
      if (item.path().filename().native().starts_with("reader-")) ++count;
    }
    return count;
  }

  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
  const Snapshot one_ = snapshot_with(std::byte{1});
  const Snapshot two_ = snapshot_with(std::byte{2});
};

using Ids = std::vector<SnapshotId>;

TEST_F(ReaderSessions, TellWhatTheyPinned) {
  ReaderSession session(*repository_, "test");
  EXPECT_EQ(pinned(), Ids{});
  session.pin({one_});
  EXPECT_EQ(pinned(), Ids{one_.id});
  session.pin({one_, two_});
  EXPECT_EQ(pinned(), (Ids{one_.id, two_.id}));
  session.keep_only({two_.id});
  EXPECT_EQ(pinned(), Ids{two_.id});
  session.pin({one_});
  EXPECT_EQ(pinned(), (Ids{one_.id, two_.id}));
  session.keep_only({});
  EXPECT_EQ(pinned(), Ids{});
}

TEST_F(ReaderSessions, AreCountedTogether) {
  ReaderSession first(*repository_, "test");
  ReaderSession second(*repository_, "test");
  first.pin({one_});
  second.pin({one_, two_});
  EXPECT_EQ(pinned(), (Ids{one_.id, two_.id}));
}

TEST_F(ReaderSessions, EndWithoutATrace) {
  {
    ReaderSession session(*repository_, "varve mount /mnt");
    session.pin({one_});
    EXPECT_TRUE(has_reader(repository_->path(), "mount /mnt"));
    EXPECT_FALSE(has_reader(repository_->path(), "mount /other"));
  }
  EXPECT_FALSE(has_reader(repository_->path(), "mount /mnt"));
  EXPECT_EQ(reader_files(), 0U);
}

TEST_F(ReaderSessions, LeaveFilesThatTheNextLookRemovesWhenTheyDie) {
  const Path lock = folder_ / "repo/locks/reader-0123456789abcdef";
  std::ofstream(lock) << "pid 1, varve mount /mnt, since ever";
  std::ofstream(Path(lock) += ".pins") << "nonsense\n";
  EXPECT_FALSE(has_reader(repository_->path(), "mount /mnt"));
  EXPECT_EQ(pinned(), Ids{});
  EXPECT_EQ(reader_files(), 0U);
}

TEST_F(ReaderSessions, PassOverALineThatIsNotWholeYet) {
  ReaderSession session(*repository_, "test");
  session.pin({one_});
  for (const auto& item : std::filesystem::directory_iterator(folder_ / "repo/locks")) {
    if (item.path().extension() == ".pins") {
      std::ofstream(item.path(), std::ios::app) << "0123456";
    }
  }
  EXPECT_EQ(pinned(), Ids{one_.id});
}

}  // namespace
}  // namespace varve
