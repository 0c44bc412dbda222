// The main job, as its users see it: a database that somebody keeps writing to, fifty nights,
// each opened in place by the plain sqlite3 program.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "tests/support/database.h"
#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

constexpr int kAccounts = 2000;
constexpr int kSnapshots = 50;

// Moves money between two tables, in transactions, until stopped: the sum stays what it was.
class MoneyMover {
 public:
  explicit MoneyMover(std::filesystem::path path)
      : path_(std::move(path)), thread_([this](const std::stop_token& stop) { run(stop); }) {}
  long transactions() const { return transactions_; }

 private:
  void run(const std::stop_token& stop) {
    Database database(path_);
    database.run("PRAGMA busy_timeout=60000");
    database.run("PRAGMA synchronous=OFF");
    database.run("PRAGMA wal_autocheckpoint=40");  // restarts of the WAL under the readers
    std::mt19937 random(7);
    while (!stop.stop_requested()) {
      const std::string from = std::to_string(random() % kAccounts);
      const std::string to = std::to_string(random() % kAccounts);
      const std::string amount = std::to_string(random() % 100);
      database.run("BEGIN IMMEDIATE; UPDATE giro SET balance = balance - " + amount +
                   " WHERE id = " + from + "; UPDATE savings SET balance = balance + " + amount +
                   " WHERE id = " + to + "; COMMIT");
      ++transactions_;
    }
  }

  std::filesystem::path path_;
  std::atomic<long> transactions_ = 0;
  std::jthread thread_;
};

class LiveDatabaseTest : public VarveProgram {
 protected:
  LiveDatabaseTest() {
    Database database(bank());
    database.run("PRAGMA journal_mode=WAL");
    for (const std::string table : {"giro", "savings"}) {
      database.run("CREATE TABLE " + table +
                   "(id INTEGER PRIMARY KEY, balance INTEGER, note TEXT)");
      database.run("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
                   std::to_string(kAccounts) + ") INSERT INTO " + table +
                   " SELECT i, 1000, hex(randomblob(80)) FROM n");
    }
    std::filesystem::create_directory(mount_point());
    init();
  }
  ~LiveDatabaseTest() override { varve({"umount", mount_point()}); }

  Path bank() const { return in_folder("bank.db"); }
  Path mount_point() const { return in_folder("mnt"); }
  void mount() const { must({"mount", mount_point()}); }

  std::string query(const Path& database, const std::string& sql) const {
    return shell("sqlite3 " + quoted(database) + " " + quoted(sql)).output;
  }
  std::string hash_of(const std::string& snapshot) const {
    const Path copy = in_folder("copy");
    write_text(copy, "");
    EXPECT_EQ(varve_to(copy, {"cat", snapshot + ":bank.db"}).status, 0);
    return sha256(copy);
  }
  static std::string sha256(const Path& file) {
    return shell("sha256sum < " + quoted(file)).output.substr(0, 64);
  }
};

TEST_F(LiveDatabaseTest, FiftySnapshotsUnderAWriterAllKeepTheInvariant) {
  mount();
  {
    const MoneyMover mover(bank());
    long before = -1;
    for (int i = 0; i < kSnapshots; ++i) {
      while (mover.transactions() <= before) std::this_thread::yield();  // something changed
      before = mover.transactions();
      must({"ingest", bank(), "--verify", i % 10 == 0 ? "full" : "none"});
    }
  }
  const Words all = names();
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kSnapshots));
  for (const std::string& name : all) {
    const Path copy = mount_point() / name / "bank.db";
    EXPECT_EQ(
        query(copy, "SELECT (SELECT sum(balance) FROM giro) + (SELECT sum(balance) FROM savings)"),
        std::to_string(2 * kAccounts * 1000) + "\n")
        << name;
    EXPECT_EQ(query(copy, "PRAGMA integrity_check"), "ok\n") << name;
  }
}

TEST_F(LiveDatabaseTest, ASnapshotHasTheSameBytesEveryWayItIsRead) {
  must({"ingest", bank(), "--time", "2026-01-01"});
  Database(bank()).run("UPDATE giro SET balance = balance + 1 WHERE id % 50 = 0");
  must({"ingest", bank(), "--time", "2026-01-02"});
  mount();
  for (const std::string& name : names()) {
    const std::string mounted = sha256(mount_point() / name / "bank.db");
    const Path target = in_folder("restored-" + name);
    must({"restore", name + ":bank.db", target});
    EXPECT_EQ(sha256(target), mounted);
    const Path streamed = in_folder("cat-" + name);
    write_text(streamed, "");
    EXPECT_EQ(varve_to(streamed, {"cat", name + ":bank.db"}).status, 0);
    EXPECT_EQ(sha256(streamed), mounted);
    const ShellResult sums =
        shell("cd " + quoted(mount_point() / name) + " && sha256sum -c SHA256SUMS");
    EXPECT_EQ(sums.status, 0) << sums.output;
  }
}

TEST_F(LiveDatabaseTest, ForgettingAnySnapshotLeavesAllOthersIntact) {
  std::map<std::string, std::string> sums;
  Database database(bank());
  for (int day = 1; day <= 8; ++day) {
    database.run("UPDATE giro SET balance = balance + 1 WHERE id % 40 = " + std::to_string(day));
    database.run("DELETE FROM savings WHERE id % 300 = " + std::to_string(day));
    must({"ingest", bank(), "--verify", "none", "--time", "2026-01-0" + std::to_string(day)});
  }
  for (const std::string& name : names()) sums[name] = hash_of(name);
  std::mt19937 random(11);
  while (sums.size() > 1) {
    const auto victim =
        std::next(sums.begin(), static_cast<std::ptrdiff_t>(random() % sums.size()));
    must({"forget", victim->first});
    sums.erase(victim);
    must({"gc"});
    must({"check", "--read-data"});
    for (const auto& [name, sum] : sums) EXPECT_EQ(hash_of(name), sum) << name;
  }
}

}  // namespace
}  // namespace varve
