#include "tools/sources/sqlite_verify.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "store/core/error.h"
#include "store/transform/digest.h"
#include "tests/support/damaged_data.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"
#include "tests/unit/stored_file.h"
#include "tools/sources/snapshot_vfs.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::LiveDatabase;
using test::StoredFile;

Sha256 sha256_of(ByteView bytes) {
  Sha256Stream hash;
  hash.update(bytes);
  return hash.finish();
}

class SqliteVerify : public testing::Test {
 protected:
  void execute(const std::string& sql) { LiveDatabase(path_).execute(sql); }

  // Writes over the bytes at `offset` of the database file.
  void damage(std::size_t offset, std::size_t count) {
    Bytes bytes = test::content_of(path_);
    ASSERT_LE(offset + count, bytes.size());
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, std::byte{0xa5});
    test::write_content(path_, bytes);
  }

  std::unique_ptr<StoredFile> store() {
    return std::make_unique<StoredFile>(std::make_unique<SqliteSource>(path_, "a.db"));
  }
  Attestation verify(VerifyLevel level = VerifyLevel::full) {
    const auto stored = store();
    return verify_sqlite(stored->chunks(), stored->entry(), {.level = level});
  }

  TempFolder folder_;
  Path path_ = folder_ / "a.db";
};

constexpr const char* kRows =
    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000) ";

TEST_F(SqliteVerify, SoundDatabasePasses) {
  execute("CREATE TABLE t(a, b); CREATE INDEX t_a ON t(a); CREATE TABLE \"odd \"\" name\"(x)");
  execute(std::string(kRows) + "INSERT INTO t SELECT i, randomblob(300) FROM n");

  const Attestation found = verify();
  EXPECT_TRUE(found.passed) << found.detail;
  EXPECT_EQ(found.detail, "");
  EXPECT_EQ(found.level, "full");
  EXPECT_EQ(found.file, "a.db");
  EXPECT_EQ(found.program, fmt::format("sqlite {}", sqlite3_libversion()));
  EXPECT_EQ(found.row_counts,
            (std::map<std::string, std::uint64_t>{{"t", 1000}, {"odd \" name", 0}}));
  EXPECT_EQ(found.sha256, sha256_of(test::content_of(path_)));
}

TEST_F(SqliteVerify, QuickCheckIsNotBelievedAlone) {
  execute("CREATE TABLE t(a BLOB, b REAL, PRIMARY KEY(b, a)) WITHOUT ROWID");
  execute("INSERT INTO t VALUES ('1', 2)");
  const Attestation sound = verify(VerifyLevel::quick);
  EXPECT_TRUE(sound.passed) << sound.detail;

  execute(
      "CREATE TABLE u(a CHECK(a > 0)); PRAGMA ignore_check_constraints=ON; "
      "INSERT INTO u VALUES (0)");
  const Attestation broken = verify(VerifyLevel::quick);
  EXPECT_FALSE(broken.passed);
  EXPECT_EQ(broken.detail, "CHECK constraint failed in u");
}

TEST_F(SqliteVerify, ForeignKeysThatCannotBeTestedAreNamed) {
  execute("CREATE TABLE p(a); CREATE TABLE c(a REFERENCES p(a)); INSERT INTO c VALUES (1)");
  execute("CREATE TABLE q(a PRIMARY KEY); CREATE TABLE d(a REFERENCES q(a))");
  const Attestation sound = verify();
  EXPECT_TRUE(sound.passed) << sound.detail;
  EXPECT_EQ(
      sound.detail,
      "the foreign keys of c were not tested (foreign key mismatch - \"c\" referencing \"p\")");

  execute("INSERT INTO d VALUES (1)");
  const Attestation broken = verify();
  EXPECT_FALSE(broken.passed);
  EXPECT_TRUE(broken.detail.starts_with("foreign_key_check: 1 row of d refers to no row of q"))
      << broken.detail;
}

TEST_F(SqliteVerify, QuickCountsNothing) {
  execute("CREATE TABLE t(a)");
  const Attestation found = verify(VerifyLevel::quick);
  EXPECT_TRUE(found.passed);
  EXPECT_EQ(found.level, "quick");
  EXPECT_TRUE(found.row_counts.empty());
  EXPECT_EQ(found.sha256, sha256_of(test::content_of(path_)));
}

TEST_F(SqliteVerify, EveryKindOfDatabase) {
  const std::vector<std::string> settings = {
      "PRAGMA encoding='UTF-16le'",     "PRAGMA encoding='UTF-16be'", "PRAGMA auto_vacuum=FULL",
      "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA page_size=512",       "PRAGMA page_size=65536",
      "PRAGMA journal_mode=WAL"};
  for (const std::string& setting : settings) {
    for (const char* name : {"a.db", "a.db-wal", "a.db-shm"}) fs::remove(folder_ / name);
    LiveDatabase database(path_);
    database.execute(setting);
    database.execute(
        "CREATE VIRTUAL TABLE words USING fts5(body);"
        "CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);"
        "CREATE TABLE pairs(k TEXT PRIMARY KEY, v TEXT AS (k || '!')) WITHOUT ROWID, STRICT;"
        "CREATE TABLE parent(id INTEGER PRIMARY KEY); CREATE TABLE child(p REFERENCES parent);"
        "CREATE VIEW v AS SELECT * FROM pairs; INSERT INTO parent VALUES(1);"
        "INSERT INTO child VALUES(1), (NULL);");
    database.execute(std::string(kRows) + "INSERT INTO words SELECT 'word' || i FROM n");
    database.execute(std::string(kRows) + "INSERT INTO boxes SELECT i, i, i + 1 FROM n");
    database.execute(std::string(kRows) + "INSERT INTO pairs SELECT 'k' || i FROM n");

    const Attestation found = verify();
    EXPECT_TRUE(found.passed) << setting << ": " << found.detail;
    EXPECT_EQ(found.detail, "") << setting;
    EXPECT_EQ(found.row_counts.at("words"), 1000U);
    EXPECT_EQ(found.row_counts.at("boxes"), 1000U);
    EXPECT_EQ(found.row_counts.at("pairs"), 1000U);
    EXPECT_EQ(found.row_counts.at("child"), 2U);
    EXPECT_FALSE(found.row_counts.contains("v"));
  }
}

TEST_F(SqliteVerify, EmptyDatabasePasses) {
  test::write_content(path_, {});
  const Attestation found = verify();
  EXPECT_TRUE(found.passed) << found.detail;
  EXPECT_TRUE(found.row_counts.empty());
  EXPECT_EQ(found.sha256, sha256_of({}));
}

TEST_F(SqliteVerify, DamagedPageFails) {
  execute("CREATE TABLE t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT randomblob(300) FROM n");
  damage(4096 * 10, 64);
  for (const VerifyLevel level : {VerifyLevel::quick, VerifyLevel::full}) {
    const Attestation found = verify(level);
    EXPECT_FALSE(found.passed);
    EXPECT_NE(found.detail.find("Page 11"), std::string::npos) << found.detail;
    EXPECT_EQ(found.detail.find('\n'), std::string::npos);
    EXPECT_TRUE(found.row_counts.empty());
    EXPECT_EQ(found.sha256, sha256_of(test::content_of(path_)));
  }
}

TEST_F(SqliteVerify, DamagedHeaderFails) {
  execute("CREATE TABLE t(a)");
  damage(16, 2);
  const Attestation found = verify();
  EXPECT_FALSE(found.passed);
  EXPECT_EQ(found.detail, "file is not a database");
}

TEST_F(SqliteVerify, CutFileFails) {
  execute("CREATE TABLE t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT randomblob(300) FROM n");
  Bytes bytes = test::content_of(path_);
  bytes.resize(bytes.size() / 2);
  test::write_content(path_, bytes);
  EXPECT_FALSE(verify().passed);
}

// Sound page by page; only a look at each index entry shows it.
TEST_F(SqliteVerify, IndexThatDisagreesWithItsTableFailsTheFullCheckOnly) {
  execute("CREATE TABLE t(a, b); CREATE INDEX i ON t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT i, -i FROM n");
  execute(
      "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(b)' "
      "WHERE name = 'i'");
  EXPECT_TRUE(verify(VerifyLevel::quick).passed);
  const Attestation found = verify();
  EXPECT_FALSE(found.passed);
  EXPECT_NE(found.detail.find("missing from index i"), std::string::npos) << found.detail;
}

TEST_F(SqliteVerify, RowWithoutItsParentFails) {
  execute(
      "CREATE TABLE customers(id INTEGER PRIMARY KEY);"
      "CREATE TABLE orders(customer REFERENCES customers);"
      "INSERT INTO customers VALUES(1); INSERT INTO orders VALUES(1), (2), (3)");
  const Attestation found = verify();
  EXPECT_FALSE(found.passed);
  EXPECT_EQ(found.detail, "foreign_key_check: 2 rows of orders refer to no row of customers");
  EXPECT_EQ(found.row_counts.at("orders"), 3U);
}

// SQLite does not even read the CHECK constraints of a database that it cannot write.
TEST_F(SqliteVerify, RowThatBreaksACheckFails) {
  for (const char* mode : {"DELETE", "WAL"}) {
    execute(fmt::format("PRAGMA journal_mode={}", mode));
    execute("DROP TABLE IF EXISTS t; CREATE TABLE t(a CHECK(a > 0)); INSERT INTO t VALUES(1)");
    EXPECT_TRUE(verify().passed) << mode;
    execute("PRAGMA ignore_check_constraints=ON; INSERT INTO t VALUES(-1)");
    const Attestation found = verify();
    EXPECT_FALSE(found.passed) << mode;
    EXPECT_EQ(found.detail, "CHECK constraint failed in t");
  }
}

TEST_F(SqliteVerify, ACheckByTheApplicationsOwnFunctionIsNamedAndTheRestIsChecked) {
  const auto declare = [&](const std::string& table, const std::string& check) {
    execute(
        fmt::format("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = "
                    "'CREATE TABLE {0}(a CHECK({1}))' WHERE name = '{0}'",
                    table, check));
  };
  execute("CREATE TABLE t(a); CREATE TABLE u(a, b); CREATE INDEX i ON u(a)");
  execute("INSERT INTO t VALUES(1); INSERT INTO u VALUES(1, 2)");
  declare("t", "is_fine(a)");
  const Attestation found = verify();
  EXPECT_TRUE(found.passed) << found.detail;
  EXPECT_EQ(found.detail, "CHECK constraints were not tested (unknown function: is_fine())");
  EXPECT_EQ(found.row_counts.at("t"), 1U);
  execute(
      "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON u(b)' "
      "WHERE name = 'i'");
  EXPECT_FALSE(verify().passed);
}

TEST_F(SqliteVerify, VirtualTableWithoutItsModuleIsNamedAndPasses) {
  execute(
      "CREATE TABLE t(a); PRAGMA writable_schema=ON;"
      "INSERT INTO sqlite_schema VALUES"
      "('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING nosuchmodule(x)')");
  const Attestation found = verify();
  EXPECT_TRUE(found.passed);
  EXPECT_EQ(found.detail, "geo was not counted (no such module: nosuchmodule)");
  EXPECT_EQ(found.row_counts, (std::map<std::string, std::uint64_t>{{"t", 0}}));
}

TEST_F(SqliteVerify, WordsOfADamagedSchemaAreReadable) {
  execute(
      "CREATE TABLE t(a); PRAGMA writable_schema=ON;"
      "UPDATE sqlite_schema SET sql = CAST(x'4352454154450aff' AS TEXT)");
  const Attestation found = verify();
  EXPECT_FALSE(found.passed);
  EXPECT_NE(found.detail.find("malformed database schema"), std::string::npos) << found.detail;
  EXPECT_EQ(found.detail.find('\n'), std::string::npos);
}

// A trigger, a view or a function that is called by the schema must not act.
TEST_F(SqliteVerify, NothingOfTheSchemaIsTrusted) {
  execute("CREATE TABLE t(a)");
  const auto stored = store();
  SnapshotDatabase database(stored->reader());
  const auto run = [&](const char* sql) {
    return sqlite3_exec(database.handle(), sql, nullptr, nullptr, nullptr);
  };
  EXPECT_EQ(run("SELECT * FROM t"), SQLITE_OK);
  EXPECT_EQ(run("INSERT INTO t VALUES(1)"), SQLITE_READONLY);
  EXPECT_EQ(run("PRAGMA journal_mode=WAL; CREATE TABLE u(a)"), SQLITE_READONLY);
  EXPECT_NE(run("SELECT load_extension('/nowhere')"), SQLITE_OK);
}

TEST_F(SqliteVerify, ProgressReachesItsEnd) {
  execute("CREATE TABLE t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT randomblob(300) FROM n");
  std::uint64_t last = 0;
  std::uint64_t whole = 0;
  const auto stored = store();
  verify_sqlite(stored->chunks(), stored->entry(),
                {.progress = [&](std::uint64_t done, std::uint64_t all) {
                  EXPECT_GE(done, last);
                  EXPECT_LE(done, all);
                  last = done;
                  whole = all;
                }});
  EXPECT_EQ(whole, 2 * fs::file_size(path_));
  EXPECT_EQ(last, whole);
}

TEST_F(SqliteVerify, StopsWhenAsked) {
  execute("CREATE TABLE t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT randomblob(3000) FROM n");
  const auto stored = store();
  std::stop_source stop;
  const auto ask = [&](std::uint64_t, std::uint64_t) { stop.request_stop(); };
  try {
    verify_sqlite(stored->chunks(), stored->entry(), {.stop = stop.get_token(), .progress = ask});
    ADD_FAILURE() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
}

// What the store cannot read back is said in the store's words, not as "disk I/O error".
TEST_F(SqliteVerify, DamagedStoreFails) {
  execute("CREATE TABLE t(a)");
  execute(std::string(kRows) + "INSERT INTO t SELECT randomblob(300) FROM n");
  const auto stored = store();
  damage_all_data(stored->repository());
  stored->reopen();
  const Attestation found = verify_sqlite(stored->chunks(), stored->entry());
  EXPECT_FALSE(found.passed);
  EXPECT_FALSE(found.sha256);
  EXPECT_NE(found.detail.find("is damaged"), std::string::npos) << found.detail;
  EXPECT_EQ(found.detail.find("disk I/O error"), std::string::npos) << found.detail;
}

}  // namespace
}  // namespace varve
