// A database with its log laid in is what SQLite makes of the two.
#include "tools/import/write_ahead_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "tests/support/database.h"
#include "tests/support/temp_folder.h"
#include "tools/sources/sqlite_header.h"

namespace varve {
namespace {

class LaidIn : public testing::Test {
 protected:
  static std::string content_of(const Path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  static void write(const Path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }

  // The files of a database that nobody closed, as a copy finds them.
  void make_copies(int page_size, const std::string& last = {}) {
    const Path live = folder_ / "live.db";
    Database database(live);
    database.run("PRAGMA page_size = " + std::to_string(page_size));
    database.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    database.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    database.run("PRAGMA wal_checkpoint");  // what follows starts the log over
    for (int i = 0; i < 12; ++i) {
      database.run("INSERT INTO t(b) SELECT randomblob(3000) FROM (SELECT 1 UNION SELECT 2)");
      database.run("UPDATE t SET b = randomblob(300) WHERE a % 3 = " + std::to_string(i % 3));
    }
    if (!last.empty()) database.run(last);
    database_ = content_of(live);
    log_ = content_of(live.native() + "-wal");
  }

  // By SQLite, which copies the log into the database.
  std::string as_sqlite_has_it(const std::string& log) const {
    const Path path = folder_ / "sqlite.db";
    write(path, database_);
    write(path.native() + "-wal", log);
    Database(path).run("PRAGMA wal_checkpoint(TRUNCATE)");
    std::string bytes = content_of(path);
    leave_wal_mode(0, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  std::string laid_in(const std::string& log, std::size_t step = 5000) const {
    const Path path = folder_ / "log";
    write(path, log);
    WriteAheadLog reader(path);
    std::size_t at = 0;
    LaidInDatabase database(
        [&](MutableBytes out) {
          const std::size_t count = std::min({out.size(), database_.size() - at, step});
          std::copy_n(as_bytes(database_).begin() + static_cast<std::ptrdiff_t>(at), count,
                      out.begin());
          at += count;
          return count;
        },
        reader);
    std::string bytes;
    Bytes piece(step + 777);
    while (const std::size_t count = database.read(piece)) {
      bytes += as_text(ByteView(piece).first(count));
    }
    return bytes;
  }

  void expect_same(const std::string& log) const {
    EXPECT_TRUE(laid_in(log) == as_sqlite_has_it(log)) << log.size() << " bytes of log";
  }

  TempFolder folder_;
  std::string database_;
  std::string log_;
};

TEST_F(LaidIn, IsWhatSqliteMakesOfAWholeLog) {
  for (const int page_size : {512, 4096, 65536}) {
    std::filesystem::remove_all(folder_ / "live.db");
    make_copies(page_size);
    expect_same(log_);
  }
}

TEST_F(LaidIn, EndsWithTheLastWholeTransactionWhereverTheLogWasCutOrDamaged) {
  make_copies(1024);
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 60; ++i) {
    std::string log = log_;
    const std::size_t at = random() % log.size();
    if (i % 2 == 0) {
      log.resize(at);
    } else {
      log[at] = static_cast<char>(log[at] ^ 0x10);
    }
    expect_same(log);
  }
}

TEST_F(LaidIn, AVacuumedDatabaseIsCutOff) {
  make_copies(4096, "DELETE FROM t WHERE a > 3; VACUUM");
  expect_same(log_);
  EXPECT_LT(laid_in(log_).size(), log_.size());
}

TEST_F(LaidIn, ALogThatIsNoneIsTold) {
  write(folder_ / "log", std::string(5000, 'x'));
  EXPECT_TRUE(WriteAheadLog(folder_ / "log").is_damaged());
  make_copies(4096);
  write(folder_ / "log", log_);
  const WriteAheadLog sound(folder_ / "log");
  EXPECT_FALSE(sound.is_damaged());
  EXPECT_TRUE(sound.holds_anything());
}

}  // namespace
}  // namespace varve
