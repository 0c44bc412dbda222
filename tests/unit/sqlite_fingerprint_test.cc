#include "tools/sources/sqlite_fingerprint.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/staying_child.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::LiveDatabase;

Bytes settled_fingerprint(const Path& path) {
  Bytes found = sqlite_fingerprint(path);
  EXPECT_FALSE(found.empty());
  return found;
}

void copy_once(const Path& path) {
  SqliteSource source(path, "a.db");
  test::copy_of(source);
}

TEST(SqliteFingerprint, StaysWhileNobodyWrites) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("CREATE TABLE t(a)");

  const Bytes before = settled_fingerprint(path);
  copy_once(path);
  database.text("SELECT * FROM t");
  EXPECT_EQ(settled_fingerprint(path), before);
}

TEST(SqliteFingerprint, ChangesWithEveryTransaction) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  for (const char* mode : {"DELETE", "PERSIST", "WAL"}) {
    LiveDatabase database(path);
    database.execute(std::string("PRAGMA journal_mode=") + mode);
    database.execute("CREATE TABLE IF NOT EXISTS t(a); INSERT INTO t VALUES(1)");
    const Bytes before = settled_fingerprint(path);
    database.execute("UPDATE t SET a = a + 1");
    EXPECT_NE(settled_fingerprint(path), before) << mode;
  }
}

// Frames are written over older ones: neither file's size changes, nor the database file at all.
TEST(SqliteFingerprint, ChangesWhereTheLogIsWrittenOver) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a)");
  for (int i = 0; i < 5; ++i) database.execute("INSERT INTO t VALUES(1)");
  database.execute("PRAGMA wal_checkpoint(RESTART)");
  database.execute("UPDATE t SET a = 2");
  const Bytes before = settled_fingerprint(path);
  const auto size = fs::file_size(path.string() + "-wal");
  database.execute("UPDATE t SET a = 3");
  ASSERT_EQ(fs::file_size(path.string() + "-wal"), size);
  EXPECT_NE(settled_fingerprint(path), before);
}

TEST(SqliteFingerprint, IdleWalDatabaseStaysUnderOurOwnConnections) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
  const Bytes before = settled_fingerprint(path);
  copy_once(path);
  EXPECT_EQ(settled_fingerprint(path), before);

  LiveDatabase reader(path);
  reader.text("SELECT * FROM t");
  ASSERT_TRUE(fs::exists(path.string() + "-wal"));  // an empty one counts as none
  copy_once(path);
  EXPECT_EQ(settled_fingerprint(path), before);
}

TEST(SqliteFingerprint, LogLeftBehindStaysUnderOurOwnConnections) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  StayingChild([&] {
    (new LiveDatabase(path))->execute("PRAGMA journal_mode=WAL; CREATE TABLE t(a)");
    return std::string();
  }).kill();
  ASSERT_GT(fs::file_size(path.string() + "-wal"), 0U);
  const Bytes before = settled_fingerprint(path);
  copy_once(path);
  EXPECT_EQ(settled_fingerprint(path), before);
}

TEST(SqliteFingerprint, AnotherFileUnderTheSameNameIsAnotherState) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("CREATE TABLE t(a)");
  const Bytes before = settled_fingerprint(path);
  fs::copy_file(path, folder / "b.db");
  fs::rename(folder / "b.db", path);
  EXPECT_NE(settled_fingerprint(path), before);
}

TEST(SqliteFingerprint, TellsNothingInTheMiddleOfATransaction) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)");
  EXPECT_TRUE(sqlite_fingerprint(path).empty());
  database.execute("COMMIT");
  settled_fingerprint(path);
}

TEST(SqliteFingerprint, TellsNothingOfAFileFromTheFuture) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase(path).execute("CREATE TABLE t(a)");
  fs::last_write_time(path, fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_TRUE(sqlite_fingerprint(path).empty());
}

}  // namespace
}  // namespace varve
