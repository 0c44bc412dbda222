#include "tools/sources/sqlite_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "store/core/error.h"
#include "tests/support/staying_child.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::content_of;
using test::Copied;
using test::LiveDatabase;
using test::write_content;

Copied copy_database(const Path& path, std::size_t extent = 65536) {
  SqliteSource source(path, path.filename());
  return test::copy_of(source, extent);
}

// `bytes` with the header saying rollback journal.
Bytes in_rollback_mode(Bytes bytes) {
  EXPECT_EQ(bytes.at(18), std::byte{2});
  EXPECT_EQ(bytes.at(19), std::byte{2});
  bytes[18] = bytes[19] = std::byte{1};
  return bytes;
}

// What the database file holds once all of its log is in it.
Bytes checkpointed(LiveDatabase& database, const Path& path) {
  EXPECT_EQ(database.text("PRAGMA wal_checkpoint(TRUNCATE)"), "0");
  return in_rollback_mode(content_of(path));
}

void fill(LiveDatabase& database, int rows) {
  database.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, a TEXT, b BLOB);"
                  "CREATE INDEX IF NOT EXISTS t_a ON t(a);"
                  "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < {})"
                  "INSERT INTO t(a, b) SELECT 'row ' || i, randomblob(i % 700) FROM n",
                  rows));
}

std::string check(const TempFolder& folder, const Bytes& bytes) {
  const Path path = folder / "stored.db";
  write_content(path, bytes);
  LiveDatabase stored(path);
  return stored.text("PRAGMA integrity_check");
}

class SqliteSourcePageSize : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(All, SqliteSourcePageSize,
                         testing::Values(512, 1024, 2048, 4096, 8192, 16384, 32768, 65536));

TEST_P(SqliteSourcePageSize, RollbackModeIsTheFileByteForByte) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute(fmt::format("PRAGMA page_size={}", GetParam()));
  fill(database, 500);

  const Copied copied = copy_database(path);
  EXPECT_EQ(copied.bytes, content_of(path));
  EXPECT_EQ(copied.info.facts.at("page_size"), std::to_string(GetParam()));
  EXPECT_EQ(copied.info.facts.at("journal_mode"), "delete");
  EXPECT_TRUE(copied.warnings.empty());
}

TEST_P(SqliteSourcePageSize, WalModeIsTheDatabaseWithItsLogLaidIn) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute(fmt::format("PRAGMA page_size={}; PRAGMA journal_mode=WAL", GetParam()));
  database.execute("PRAGMA wal_autocheckpoint=0");
  fill(database, 300);
  database.execute("PRAGMA wal_checkpoint");
  fill(database, 300);
  database.execute("UPDATE t SET a = 'changed' WHERE id % 7 = 0; DELETE FROM t WHERE id % 5 = 0");
  ASSERT_GT(fs::file_size(path.string() + "-wal"), 0U);

  const Copied copied = copy_database(path);
  const Copied in_small_pieces = copy_database(path, 1000);  // extents that cut pages
  EXPECT_EQ(check(folder, copied.bytes), "ok");
  EXPECT_EQ(copied.info.facts.at("journal_mode"), "wal");
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
  EXPECT_EQ(copied.bytes, in_small_pieces.bytes);
}

TEST(SqliteSource, LogOfManyIndexBlocks) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA page_size=512; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  for (int i = 0; i < 5; ++i) fill(database, 2000);
  constexpr std::uintmax_t kFramesOfTwoBlocks = 8192;
  ASSERT_GT(fs::file_size(path.string() + "-wal"), kFramesOfTwoBlocks * (512 + 24));

  const Copied copied = copy_database(path);
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
}

TEST(SqliteSource, LogThatIsWhollyInTheFileIsLeftAside) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL");
  fill(database, 300);
  database.execute("PRAGMA wal_checkpoint");
  ASSERT_GT(fs::file_size(path.string() + "-wal"), 0U);

  EXPECT_EQ(copy_database(path).bytes, in_rollback_mode(content_of(path)));
}

TEST(SqliteSource, LogThatWasStartedOverHoldsOldFramesBehindTheNewOnes) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 800);
  database.execute("PRAGMA wal_checkpoint(RESTART)");
  database.execute("UPDATE t SET a = 'new' WHERE id = 400");

  const Copied copied = copy_database(path);
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
}

TEST(SqliteSource, LogThatIsHalfInTheFile) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 300);
  // A reader that stays keeps the checkpoint from going further than its own moment.
  LiveDatabase reader(path);
  reader.execute("BEGIN");
  reader.text("SELECT count(*) FROM t");
  database.execute("UPDATE t SET a = 'later' WHERE id % 3 = 0");
  fill(database, 100);
  database.execute("PRAGMA wal_checkpoint");

  const Copied copied = copy_database(path);
  EXPECT_EQ(check(folder, copied.bytes), "ok");
  reader.execute("COMMIT");
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
}

TEST(SqliteSource, DatabaseThatShrankInItsLog) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 2000);
  database.execute("PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM t WHERE id > 100; VACUUM");
  const std::uintmax_t before = fs::file_size(path);

  const Copied copied = copy_database(path);
  EXPECT_LT(copied.bytes.size(), before / 2);
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
}

TEST(SqliteSource, EmptyFile) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  write_content(path, {});

  const Copied copied = copy_database(path);
  EXPECT_TRUE(copied.bytes.empty());
  EXPECT_TRUE(copied.warnings.empty());
  EXPECT_EQ(copied.info.facts.at("page_count"), "0");
  EXPECT_EQ(fs::file_size(path), 0U);
}

TEST(SqliteSource, BytesBehindTheLastPageAreKept) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  fill(*std::make_unique<LiveDatabase>(path), 50);
  Bytes longer = content_of(path);
  longer.resize(longer.size() + 1234, std::byte{0x5a});
  write_content(path, longer);

  EXPECT_EQ(copy_database(path).bytes, longer);
}

TEST(SqliteSource, IdleWalDatabaseIsLeftAsItWas) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  {
    LiveDatabase database(path);
    database.execute("PRAGMA journal_mode=WAL");
    fill(database, 300);
  }
  ASSERT_FALSE(fs::exists(path.string() + "-wal"));
  const Bytes before = content_of(path);
  const auto written = fs::last_write_time(path);

  EXPECT_EQ(copy_database(path).bytes, in_rollback_mode(before));
  EXPECT_EQ(content_of(path), before);
  EXPECT_EQ(fs::last_write_time(path), written);
  EXPECT_FALSE(fs::exists(path.string() + "-wal"));
  EXPECT_FALSE(fs::exists(path.string() + "-shm"));
}

// A program that was killed leaves a log that nobody has open. With the index it left, without
// it, and after a backup has been there once already.
TEST(SqliteSource, LogOfAKilledProcessIsReadAndLeft) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  StayingChild writer([&] {
    auto* database = new LiveDatabase(path);  // never closed
    database->execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
    fill(*database, 300);
    return std::string();
  });
  writer.kill();
  const Bytes file = content_of(path);
  const Bytes log = content_of(path.string() + "-wal");
  ASSERT_FALSE(log.empty());

  for (int i = 0; i < 3; ++i) {
    if (i == 1) fs::remove(path.string() + "-shm");
    const Copied copied = copy_database(path);
    EXPECT_EQ(check(folder, copied.bytes), "ok");
    EXPECT_EQ(LiveDatabase(folder / "stored.db").text("SELECT count(*) FROM t"), "300");
    EXPECT_EQ(content_of(path), file);
    EXPECT_EQ(content_of(path.string() + "-wal"), log);
  }
}

TEST(SqliteSource, SymbolicLinkLeadsToTheLogToo) {
  const TempFolder folder;
  fs::create_directory(folder / "data");
  const Path path = folder / "data/a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 100);
  fs::create_symlink("data/a.db", folder / "link.db");

  const Copied copied = copy_database(folder / "link.db");
  EXPECT_EQ(copied.bytes, checkpointed(database, path));
  EXPECT_EQ(copied.info.location, (folder / "link.db").string());
}

TEST(SqliteSource, WritersOfARollbackDatabaseWaitOnlyUntilTheCopyIsDone) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  fill(database, 50);
  sqlite3_busy_timeout(database.handle(), 0);

  SqliteSource source(path, "a.db");
  source.open();
  EXPECT_THROW(database.execute("DELETE FROM t"), std::runtime_error);
  test::CollectingBuilder builder;
  source.copy(builder);
  EXPECT_NO_THROW(database.execute("DELETE FROM t"));
}

TEST(SqliteSource, WritersOfAWalDatabaseGoOnAndAreNotSeen) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 200);
  sqlite3_busy_timeout(database.handle(), 0);

  SqliteSource source(path, "a.db");
  source.open();
  database.execute("UPDATE t SET a = 'later'; PRAGMA wal_checkpoint");
  fill(database, 200);
  test::CollectingBuilder builder;
  source.copy(builder);

  EXPECT_EQ(check(folder, builder.files.at("a.db")), "ok");
  LiveDatabase stored(folder / "stored.db");
  EXPECT_EQ(stored.text("SELECT count(*) FROM t"), "200");
  EXPECT_EQ(stored.text("SELECT sum(a = 'later') FROM t"), "0");
}

// The same with a log that is wholly in the file, so that writers start it over meanwhile.
TEST(SqliteSource, LogThatIsStartedOverDuringTheCopy) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  LiveDatabase database(path);
  database.execute("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
  fill(database, 200);
  database.execute("PRAGMA wal_checkpoint");
  const Bytes before = in_rollback_mode(content_of(path));

  SqliteSource source(path, "a.db");
  source.open();
  for (int i = 0; i < 3; ++i) {
    database.execute("UPDATE t SET a = a || ' again'; PRAGMA wal_checkpoint");
  }
  test::CollectingBuilder builder;
  source.copy(builder);
  EXPECT_EQ(builder.files.at("a.db"), before);
}

TEST(SqliteSource, TellsWhatTheHeaderKnows) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  {
    LiveDatabase database(path);
    database.execute(
        "PRAGMA encoding='UTF-16be'; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA user_version=-7;"
        "PRAGMA application_id=1196444487; CREATE TABLE t(a)");
  }
  const std::map<std::string, std::string> facts = copy_database(path).info.facts;
  EXPECT_EQ(facts.at("engine_version"), sqlite3_libversion());
  EXPECT_EQ(facts.at("encoding"), "UTF-16be");
  EXPECT_EQ(facts.at("auto_vacuum"), "incremental");
  EXPECT_EQ(facts.at("user_version"), "-7");
  EXPECT_EQ(facts.at("application_id"), "1196444487");
  EXPECT_EQ(facts.at("page_count"), LiveDatabase(path).text("PRAGMA page_count"));
}

TEST(SqliteSource, DescribesTheFile) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  fill(*std::make_unique<LiveDatabase>(path), 10);
  fs::permissions(path, fs::perms(0640));

  SqliteSource source(path, "name.db");
  test::CollectingBuilder builder;
  source.open();
  const SourceInfo info = source.copy(builder);
  const SnapshotBuilder::NewFile& file = builder.described.at("name.db");
  EXPECT_EQ(file.mode, 0640U);
  EXPECT_EQ(file.chunking, Chunking::extents);
  EXPECT_EQ(file.size_hint, fs::file_size(path));
  EXPECT_EQ(info.name, "name.db");
  EXPECT_EQ(info.kind, "sqlite");
  EXPECT_EQ(info.location, path.string());
}

TEST(SqliteSource, DamagedHeaderIsCopiedAsItIsWithAWarning) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  fill(*std::make_unique<LiveDatabase>(path), 100);
  Bytes bytes = content_of(path);
  bytes[16] = std::byte{0x77};  // no page size
  write_content(path, bytes);

  const Copied copied = copy_database(path);
  EXPECT_EQ(copied.bytes, bytes);
  ASSERT_EQ(copied.warnings.size(), 1U);
  EXPECT_NE(copied.warnings[0].find(path.string()), std::string::npos);
  EXPECT_NE(copied.warnings[0].find("file is not a database"), std::string::npos);
}

TEST(SqliteSource, DamagedFileThatChangesMeanwhileIsNoSnapshot) {
  const TempFolder folder;
  const Path path = folder / "a.db";
  fill(*std::make_unique<LiveDatabase>(path), 100);
  Bytes bytes = content_of(path);
  bytes[16] = std::byte{0x77};
  write_content(path, bytes);

  SqliteSource source(path, "a.db");
  source.open();
  bytes.resize(bytes.size() + 1);
  write_content(path, bytes);
  test::CollectingBuilder builder;
  EXPECT_THROW(source.copy(builder), Error);
}

}  // namespace
}  // namespace varve
