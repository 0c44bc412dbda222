#include "tools/restore/replaced_database.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/child.h"
#include "tests/support/database.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tools/restore/database_proof.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

// What a process that was killed leaves, and so nobody's.
class ReplacedDatabaseTest : public testing::Test {
 protected:
  Path database() const { return folder_ / "app.db"; }

  // 100 rows in the database and 50 more in its log.
  void leave_log() const {
    make_database(folder_ / "live.db", 100);
    Database live(folder_ / "live.db");
    live.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0");
    live.run("INSERT INTO t(body) SELECT body FROM t WHERE id <= 50");
    copy("live.db");
  }
  // 100 rows in the database, some of them changed, and the way back in the journal.
  void leave_journal() const {
    make_database(folder_ / "live.db", 100);
    Database live(folder_ / "live.db");
    live.run("PRAGMA cache_size=1; BEGIN; UPDATE t SET body = 'lost'");
    copy("live.db");
  }
  void write(const Path& path, std::string_view text) const { std::ofstream(path) << text; }
  std::uint64_t rows() const {
    const SqliteFindings found = check_database_file(database(), VerifyLevel::full, {});
    EXPECT_TRUE(found.faults.empty()) << found.faults.front();
    return found.row_counts.at("t");
  }
  std::size_t companions() const {
    std::size_t count = 0;
    for (const Path& path : companions_of(database()))
      count += std::filesystem::exists(path) ? 1U : 0U;
    return count;
  }

  TempFolder folder_;

 private:
  void copy(const std::string& from) const {
    for (const char* suffix : {"", "-wal", "-journal"}) {
      const Path file = folder_ / (from + suffix);
      if (std::filesystem::exists(file)) {
        std::filesystem::copy_file(file, database().native() + suffix);
      }
    }
  }
};

TEST_F(ReplacedDatabaseTest, ALogIsLaidInBeforeItGoes) {
  leave_log();
  ASSERT_EQ(companions(), 1U);
  const ReplacedDatabase replaced(database(), stamps_of_database(database()));
  EXPECT_EQ(companions(), 0U);
  EXPECT_EQ(rows(), 150U);
}

TEST_F(ReplacedDatabaseTest, AJournalIsRolledBackBeforeItGoes) {
  leave_journal();
  ASSERT_EQ(companions(), 1U);
  EXPECT_TRUE(bring_to_rest(database()));
  EXPECT_EQ(companions(), 0U);
  const ReplacedDatabase replaced(database(), {});
  EXPECT_EQ(rows(), 100U);
}

TEST_F(ReplacedDatabaseTest, WhatIsNoDatabaseStaysAsItIsAndItsCompanionsGo) {
  write(database(), "no database");
  write(log_path(database()), "no log");
  EXPECT_FALSE(bring_to_rest(database()));
  const ReplacedDatabase replaced(database(), {});
  EXPECT_EQ(companions(), 0U);
  EXPECT_EQ(as_text(read_file(database())), "no database");
}

TEST_F(ReplacedDatabaseTest, OrphanedCompanionsGo) {
  write(log_path(database()), "no log");
  write(journal_path(database()), "no journal");
  const ReplacedDatabase replaced(database(), {});
  EXPECT_EQ(companions(), 0U);
}

TEST_F(ReplacedDatabaseTest, NobodyElseCanBeginATransactionMeanwhile) {
  make_database(database(), 10);
  const ReplacedDatabase replaced(database(), {});
  Child other([&] {
    Database locked(database());
    try {
      locked.run("SELECT count(*) FROM t");
      return 1;
    } catch (const std::runtime_error& error) {
      return std::string(error.what()).find("locked") != std::string::npos ? 0 : 2;
    }
  });
  EXPECT_EQ(other.wait(), 0);
}

TEST_F(ReplacedDatabaseTest, OneThatSomebodyHasOpenIsRefused) {
  make_database(database(), 10);
  Signal opened;
  Signal done;
  Child other([&] {
    const int fd = ::open(database().c_str(), O_RDONLY);
    opened.send();
    done.await();
    ::close(fd);
    return 0;
  });
  opened.await();
  expect_error(ErrorCode::locked, "in use by", [&] { ReplacedDatabase(database(), {}); });
  done.send();
  EXPECT_EQ(other.wait(), 0);
  const ReplacedDatabase replaced(database(), {});
}

TEST_F(ReplacedDatabaseTest, OneThatHasChangedIsRefused) {
  leave_log();
  const DatabaseStamps before = stamps_of_database(database());
  write(journal_path(database()), "somebody was here");
  expect_error(ErrorCode::failed, "has changed", [&] { ReplacedDatabase(database(), before); });
  EXPECT_EQ(companions(), 2U);
}

}  // namespace
}  // namespace varve
