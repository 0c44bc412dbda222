// A database under a writer that never rests: every copy is one state of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/staying_child.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

using test::LiveDatabase;

constexpr int kAccounts = 200;
constexpr int kCopies = 50;

// Two tables whose balances add up to the same sum after every transaction.
void make_bank(const Path& path, const std::string& settings) {
  LiveDatabase bank(path);
  bank.execute(settings);
  bank.execute(
      fmt::format("CREATE TABLE checking(id INTEGER PRIMARY KEY, balance INTEGER, note TEXT);"
                  "CREATE TABLE savings(id INTEGER PRIMARY KEY, balance INTEGER, note TEXT);"
                  "CREATE INDEX notes ON savings(note);"
                  "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
                  "INSERT INTO checking SELECT i, 1000, hex(randomblob(200)) FROM n;"
                  "INSERT INTO savings SELECT id, 1000, hex(randomblob(200)) FROM checking",
                  kAccounts));
}

void move_money(LiveDatabase& bank, unsigned step) {
  const unsigned from = step * 7919 % kAccounts + 1;
  const unsigned to = step * 104729 % kAccounts + 1;
  bank.execute(
      fmt::format("BEGIN IMMEDIATE;"
                  "UPDATE checking SET balance = balance - {2}, note = hex(randomblob(150 + {2})) "
                  "WHERE id = {0};"
                  "UPDATE savings SET balance = balance + {2}, note = hex(randomblob(250 - {2})) "
                  "WHERE id = {1};"
                  "COMMIT",
                  from, to, step % 100));
  // The log is emptied, started over and cut off, and the database shrinks and grows.
  if (step % 50 == 0) bank.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  if (step % 70 == 0) bank.execute("PRAGMA wal_checkpoint(RESTART)");
  if (step % 110 == 0) bank.execute("CREATE TABLE more AS SELECT * FROM savings");
  if (step % 110 == 40) bank.execute("DROP TABLE IF EXISTS more; PRAGMA incremental_vacuum");
}

void expect_whole(const TempFolder& folder, const Bytes& bytes) {
  test::write_content(folder / "copy.db", bytes);
  LiveDatabase copy(folder / "copy.db");
  ASSERT_EQ(copy.text("PRAGMA integrity_check"), "ok");
  ASSERT_EQ(copy.text("SELECT (SELECT sum(balance) FROM checking) + "
                      "(SELECT sum(balance) FROM savings)"),
            std::to_string(2 * 1000 * kAccounts));
}

void expect_whole_copies(const TempFolder& folder, const Path& path) {
  for (int i = 0; i < kCopies; ++i) {
    SCOPED_TRACE(fmt::format("copy {}", i));
    SqliteSource source(path, "bank.db", {std::chrono::minutes(1), {}});
    expect_whole(folder, test::copy_of(source).bytes);
    if (testing::Test::HasFatalFailure()) return;
  }
}

class SqliteLiveWriter : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(
    Settings, SqliteLiveWriter,
    testing::Values("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL",
                    "PRAGMA page_size=512; PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=WAL",
                    "PRAGMA page_size=65536; PRAGMA journal_mode=WAL", "PRAGMA journal_mode=DELETE",
                    "PRAGMA journal_mode=TRUNCATE"));

TEST_P(SqliteLiveWriter, OtherProcess) {
  const TempFolder folder;
  const Path path = folder / "bank.db";
  make_bank(path, GetParam());
  StayingChild writer([&] {
    new std::thread([path] {
      LiveDatabase bank(path);
      bank.execute("PRAGMA wal_autocheckpoint=10");
      for (unsigned step = 1;; ++step) move_money(bank, step);
    });
    return std::string();
  });
  expect_whole_copies(folder, path);
}

// Locks of one process do not stand in each other's way, and so must not be dropped either.
TEST_P(SqliteLiveWriter, OtherThread) {
  const TempFolder folder;
  const Path path = folder / "bank.db";
  make_bank(path, GetParam());
  std::jthread writer([&](std::stop_token stop) {
    LiveDatabase bank(path);
    bank.execute("PRAGMA wal_autocheckpoint=10");
    for (unsigned step = 1; !stop.stop_requested(); ++step) move_money(bank, step);
  });
  expect_whole_copies(folder, path);
}

// The same without luck: after every extent the writer commits, and tries to checkpoint, to
// start the log over and to cut it off.
TEST(SqliteLiveWriterStep, WritesAfterEveryExtent) {
  const TempFolder folder;
  const Path path = folder / "bank.db";
  make_bank(path, "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL");
  LiveDatabase bank(path);
  sqlite3_busy_timeout(bank.handle(), 0);  // checkpoints give up at once
  bank.execute("PRAGMA wal_autocheckpoint=3");
  unsigned step = 0;
  for (int i = 0; i < 20; ++i) {
    SCOPED_TRACE(fmt::format("copy {}", i));
    if (i % 4 == 0) bank.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    if (i % 4 == 1) bank.execute("PRAGMA wal_checkpoint");
    test::CollectingBuilder builder(4096);
    builder.after_each_extent = [&] { move_money(bank, ++step); };
    SqliteSource source(path, "bank.db");
    source.open();
    source.copy(builder);
    expect_whole(folder, builder.files.at("bank.db"));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(step, 500U);
}

}  // namespace
}  // namespace varve
