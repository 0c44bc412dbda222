// A database beyond 1 GiB: the page that holds byte 0x40000000 is SQLite's for locking, and never
// written.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "store/transform/digest.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/live_database.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

constexpr std::size_t kPage = 65536;
constexpr std::size_t kLockPage = 0x4000'0000 / kPage;

// Checksums of the pages, in place of a gigabyte.
using PageSums = std::vector<std::uint64_t>;

class Summing : public SnapshotBuilder, public FileWriter {
 public:
  void add_file(const NewFile&, const std::function<void(FileWriter&)>& fill) override {
    fill(*this);
  }
  void add_entry(const NewFile& entry) override { FAIL() << entry.path; }
  void keep_file(const std::string& path) override { FAIL() << path; }
  void warn(const std::string& message) override { FAIL() << message; }
  MutableBytes buffer() override { return page_; }
  void produced(std::size_t count) override {
    sums.push_back(checksum(ByteView(page_).first(count)));
  }

  PageSums sums;

 private:
  Bytes page_ = Bytes(kPage);
};

PageSums sums_of_copy(const Path& path) {
  SqliteSource source(path, "a.db");
  Summing builder;
  source.open();
  source.copy(builder);
  return builder.sums;
}

PageSums sums_of_file(const Path& path, bool leave_wal) {
  const File file = File::open_read(path);
  Bytes page(kPage);
  PageSums sums;
  for (std::uint64_t offset = 0; file.read_at(offset, page) == kPage; offset += kPage) {
    if (leave_wal && offset == 0) page[18] = page[19] = std::byte{1};
    sums.push_back(checksum(page));
  }
  return sums;
}

TEST(SqliteLarge, TheLockBytePageIsLeftOut) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  test::LiveDatabase database(path);
  // A few large rows: quick to write, and sparse where the disk knows how.
  database.execute(
      "PRAGMA page_size=65536; PRAGMA journal_mode=OFF; PRAGMA locking_mode=NORMAL;"
      "CREATE TABLE t(id INTEGER PRIMARY KEY, b)");
  for (int i = 0; i < 5; ++i) database.execute("INSERT INTO t(b) VALUES(zeroblob(215000000))");
  database.execute("INSERT INTO t(b) VALUES(randomblob(3000000))");
  ASSERT_GT(std::filesystem::file_size(path), (kLockPage + 2) * kPage);
  const PageSums at_rest = sums_of_copy(path);
  EXPECT_EQ(at_rest, sums_of_file(path, false));
  EXPECT_EQ(at_rest.at(kLockPage), checksum(Bytes(kPage)));

  database.execute(
      "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
      "INSERT INTO t(b) VALUES(randomblob(30000000)); UPDATE t SET id = 100 WHERE id = 6");
  const PageSums live = sums_of_copy(path);
  EXPECT_GT(live.size(), at_rest.size());
  EXPECT_EQ(live.at(kLockPage), checksum(Bytes(kPage)));
  database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(live, sums_of_file(path, true));
}

}  // namespace
}  // namespace varve
