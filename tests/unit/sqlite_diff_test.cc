// What differs between two stored databases, against what plain SQL says, over random histories.
#include "tools/compare/sqlite_diff.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <set>

#include "store/core/error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_repository.h"
#include "tests/unit/live_database.h"
#include "tools/compare/diff_script.h"
#include "tools/sources/sqlite_source.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::LiveDatabase;
using Rows = std::multiset<std::string>;

Rows rows_of(sqlite3* database, const std::string& table, const std::string& columns = "*") {
  sqlite3_stmt* prepared = nullptr;
  const std::string sql = "SELECT " + columns + " FROM " + quoted_name(table);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql.c_str(), -1, &prepared, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  const OwnedSqliteStatement statement(prepared);
  Rows rows;
  while (sqlite3_step(prepared) == SQLITE_ROW) rows.insert(literals(row_at(prepared, 0)));
  return rows;
}

std::string schema_of(LiveDatabase& database) {
  return database.text(
      "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema "
      "ORDER BY type, name");
}

// Removes one; false where there is none.
bool take_out(Rows& rows, const std::string& row) {
  const auto found = rows.find(row);
  if (found == rows.end()) return false;
  rows.erase(found);
  return true;
}

class SqliteDiffTest : public testing::Test {
 protected:
  struct State {
    Snapshot snapshot;
    Path copy;  // of the database file as it was
  };

  State take() {
    const Path copy = folder_ / fmt::format("copy-{}.db", ++copies_);
    fs::copy_file(path_, copy);
    return {repository_.take(std::make_unique<SqliteSource>(path_, "a.db")), copy};
  }
  StoredPair pair(const State& before, const State& after) {
    return {repository_->chunks(),
            before.snapshot.files.at(0),
            "before",
            after.snapshot.files.at(0),
            "after",
            {}};
  }
  TableChange compare(const State& before, const State& after, const std::string& table,
                      const TakeRowChange& take = {}) {
    return pair(before, after).diff().compare(table, take).value();
  }

  // That the differences turn the rows of the one state into those of the other.
  void expect_complete(const SqliteDiff& diff, LiveDatabase& before, LiveDatabase& after) {
    for (const std::string& name : diff.tables()) {
      SCOPED_TRACE(name);
      const bool is_in_both =
          diff.schema_before().tables.contains(name) && diff.schema_after().tables.contains(name);
      const TableChange change = diff.compare(name, {}).value();
      if (!is_in_both || change.has_new_columns) continue;
      const std::string columns = quoted_names(change.columns);  // without generated ones
      Rows rows = rows_of(before.handle(), name, columns);
      diff.compare(name, [&](const RowChange& row) {
        if (!row.before.empty()) {
          EXPECT_TRUE(take_out(rows, literals(row.before)));
        }
        if (!row.after.empty()) rows.insert(literals(row.after));
        EXPECT_NE(row.before, row.after);
      });
      EXPECT_TRUE(rows == rows_of(after.handle(), name, columns));
    }
  }

  // That pages were skipped without a loss.
  void expect_same_changes(const SqliteDiff& quick, const SqliteDiff& full) {
    const auto changes_of = [](const SqliteDiff& diff) {
      Rows changes;
      for (const std::string& name : diff.tables()) {
        diff.compare(name, [&](const RowChange& row) {
          changes.insert(
              fmt::format("{}: {} -> {}", name, literals(row.before), literals(row.after)));
        });
      }
      return changes;
    };
    EXPECT_TRUE(changes_of(quick) == changes_of(full));
  }

  void expect_script(const StoredPair& pair, const State& before, LiveDatabase& after) {
    std::string script;
    write_diff_script(pair.diff(), pair.before(), pair.after(),
                      [&](std::string_view sql) { script += sql; });
    const Path changed = folder_ / "changed.db";
    fs::copy_file(before.copy, changed, fs::copy_options::overwrite_existing);
    { LiveDatabase(changed).execute(script); }
    LiveDatabase result(changed);
    EXPECT_EQ(result.text("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(schema_of(result), schema_of(after));
    for (const auto& [name, table] : pair.diff().schema_after().tables) {
      EXPECT_TRUE(rows_of(result.handle(), name) == rows_of(after.handle(), name)) << name;
    }
  }

  void expect_all(const State& before, const State& after) {
    const StoredPair stored = pair(before, after);
    ASSERT_NE(stored.pages(), nullptr);
    LiveDatabase old_copy(before.copy);
    LiveDatabase new_copy(after.copy);
    expect_complete(stored.diff(), old_copy, new_copy);
    const SqliteDiff full(stored.before(), stored.after(), nullptr, {});
    expect_same_changes(stored.diff(), full);
    expect_script(stored, before, new_copy);
  }

  TempFolder folder_;
  Path path_ = folder_ / "a.db";
  TestRepository repository_;

 private:
  int copies_ = 0;
};

const char* const kTables =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b BLOB);"
    "CREATE INDEX t_a ON t(a);"
    "CREATE TABLE named(k TEXT PRIMARY KEY, v);"
    "CREATE TABLE pairs(k TEXT, n INT, v, PRIMARY KEY(k, n DESC)) WITHOUT ROWID;"
    "CREATE TABLE bare(a, b);"
    "CREATE TABLE mails(id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT UNIQUE);"
    "CREATE TABLE folded(name TEXT COLLATE NOCASE PRIMARY KEY, v, w AS (v || '!'));"
    "CREATE TABLE \"odd \"\" name\"(\"a b\", rowid TEXT, x);";

using Step = std::function<void(LiveDatabase&, std::mt19937_64&)>;

std::string numbers(unsigned count) {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < {})", count);
}

// One thing that an application or an administrator does, chosen by chance.
void change(LiveDatabase& database, std::mt19937_64& random) {
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  const unsigned some = 1 + below(150);
  const unsigned part = 2 + below(40);
  const std::string n = numbers(some);
  switch (below(25)) {
    case 0:
      return database.execute(n +
                              "INSERT INTO t(a, b) SELECT 'row ' || i, randomblob(abs(random()) "
                              "% 300) FROM n");
    case 1:  // long rows with overflow pages
      return database.execute(n +
                              "INSERT INTO t(a, b) SELECT 'long', randomblob(3000 + i) FROM n "
                              "WHERE i < 12");
    case 2:
    case 24:  // SQLite overwrites them in place: their leaves do not change
      return database.execute(
          fmt::format("UPDATE t SET b = CAST(substr(b, 1, 2600) || hex(randomblob(1)) || substr(b, "
                      "2603) AS BLOB) WHERE length(b) > 2900 AND id % {} = 0",
                      1 + below(3)));
    case 3:
      return database.execute(fmt::format("UPDATE t SET a = a || '!' WHERE id % {} = 0", part));
    case 4:
      return database.execute(fmt::format("DELETE FROM t WHERE id % {} = 0", part));
    case 5:
      return database.execute(
          fmt::format("DELETE FROM t WHERE id BETWEEN {0} AND {0} + 60", below(400)));
    case 6:
      return database.execute(n +
                              "INSERT OR REPLACE INTO named SELECT 'k' || (i * 7 % 200), "
                              "hex(randomblob(20)) FROM n");
    case 7:
      return database.execute(fmt::format("DELETE FROM named WHERE rowid % {} = 0", part));
    case 8:
      return database.execute(n +
                              "INSERT OR REPLACE INTO pairs SELECT 'p' || (i % 30), i, "
                              "randomblob(i) FROM n");
    case 9:
      return database.execute(fmt::format("DELETE FROM pairs WHERE n % {} = 0", part));
    case 10:
      return database.execute(
          fmt::format("UPDATE pairs SET v = randomblob(40) WHERE n % {} = 1", part));
    case 11:
      return database.execute(n + "INSERT INTO bare(a, b) SELECT i % 5, 'same' FROM n");
    case 12:
      return database.execute(fmt::format("DELETE FROM bare WHERE rowid % {} = 0", part));
    case 13:
      return database.execute(
          fmt::format("UPDATE bare SET b = 'other' WHERE rowid % {} = 0", part));
    case 14:
      return database.execute(n +
                              "INSERT OR IGNORE INTO mails(mail) SELECT 'm' || random() FROM n");
    case 15:  // values change places, each of them unique
      return database.execute(
          "CREATE TEMP TABLE s AS SELECT id, lead(mail, 1, '') OVER (ORDER BY id) AS m, "
          "first_value(mail) OVER (ORDER BY id) AS f FROM mails LIMIT 9;"
          "UPDATE mails SET mail = 'x' || id WHERE id IN (SELECT id FROM s);"
          "UPDATE mails SET mail = (SELECT iif(m = '', f, m) FROM s WHERE s.id = mails.id) "
          "WHERE id IN (SELECT id FROM s) AND NOT EXISTS (SELECT 1 FROM mails AS o, s AS q WHERE "
          "o.mail = q.m); DROP TABLE s");
    case 16:
      return database.execute(n +
                              "INSERT OR REPLACE INTO folded(name, v) SELECT iif(random() % 2, "
                              "'Name', 'nAME') || (i % 50), i FROM n");
    case 17:
      return database.execute(n +
                              "INSERT INTO \"odd \"\" name\" SELECT i / 3.0, 'it''s\n' || "
                              "char(0) || i, CAST(x'00ff' AS TEXT) FROM n");
    case 18:
      return database.execute("VACUUM");
    case 19:
      return database.execute("PRAGMA incremental_vacuum(20); ANALYZE; PRAGMA user_version = 7");
    case 20:
      return database.execute("DROP TABLE named; CREATE TABLE named(k TEXT PRIMARY KEY, v);" + n +
                              "INSERT INTO named SELECT 'k' || i, i * 1.5 FROM n");
    case 21:
      return database.execute(
          "CREATE TRIGGER IF NOT EXISTS shout AFTER UPDATE ON t BEGIN INSERT INTO bare(a, b) "
          "VALUES "
          "('trigger', new.id); END;"
          "CREATE VIEW IF NOT EXISTS v AS SELECT * FROM t; DROP INDEX IF EXISTS t_a");
    case 22:
      return database.execute(
          fmt::format("ALTER TABLE bare ADD COLUMN c{} DEFAULT 'new';"
                      "CREATE UNIQUE INDEX IF NOT EXISTS named_kv ON named(v, k)",
                      random() % 1'000'000));
    default:
      return database.execute(
          "CREATE TABLE IF NOT EXISTS more AS SELECT * FROM pairs;"
          "DROP VIEW IF EXISTS v; DELETE FROM named");
  }
}

TEST_F(SqliteDiffTest, RandomHistoriesAsPlainSqlSays) {
  const std::vector<std::string> settings = {
      "PRAGMA page_size = 512", "PRAGMA page_size = 1024; PRAGMA auto_vacuum = FULL",
      "PRAGMA page_size = 4096", "PRAGMA page_size = 512; PRAGMA auto_vacuum = INCREMENTAL",
      "PRAGMA page_size = 1024; PRAGMA encoding = 'UTF-16le'"};
  for (unsigned seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    fs::remove(path_);
    LiveDatabase database(path_);
    database.execute(settings[seed % settings.size()]);
    database.execute(kTables);
    for (int i = 0; i < 30; ++i) change(database, random);
    State last = take();
    for (int step = 0; step < 8; ++step) {
      SCOPED_TRACE(fmt::format("step {}", step));
      for (unsigned count = 1 + random() % 4; count > 0; --count) change(database, random);
      State next = take();
      expect_all(last, next);
      if (step % 4 == 0) expect_all(next, last);
      if (HasFailure()) return;
      last = std::move(next);
    }
  }
}

TEST_F(SqliteDiffTest, RowsAreNamedByWhatIdentifiesThem) {
  LiveDatabase database(path_);
  database.execute(
      "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE bare(a);"
      "INSERT INTO users VALUES (1, 'one'), (2, 'two'), (3, 'three');"
      "INSERT INTO bare VALUES ('x'), ('y'), ('z')");
  const State before = take();
  database.execute(
      "DELETE FROM users WHERE id = 1; UPDATE users SET name = 'TWO' WHERE id = 2;"
      "INSERT INTO users VALUES (4, 'four'); UPDATE bare SET a = 'Y' WHERE a = 'y'");
  const State after = take();

  std::vector<std::string> seen;
  const TableChange users = compare(before, after, "users", [&](const RowChange& row) {
    seen.push_back(literals(row.before) + " -> " + literals(row.after));
  });
  EXPECT_EQ(seen,
            (std::vector<std::string>{"1, 'one' -> ", "2, 'two' -> 2, 'TWO'", " -> 4, 'four'"}));
  EXPECT_EQ(users.identity, RowIdentity::primary_key);
  EXPECT_EQ(users.key, std::vector<std::string>{"id"});
  EXPECT_EQ(users.added, 1U);
  EXPECT_EQ(users.removed, 1U);
  EXPECT_EQ(users.changed, 1U);
  const TableChange bare = compare(before, after, "bare");
  EXPECT_EQ(bare.identity, RowIdentity::rowid);
  EXPECT_EQ(bare.changed, 1U);
}

// VACUUM gives rows without a key new rowids: they are the same rows.
TEST_F(SqliteDiffTest, RowsThatOnlyMovedDoNotDiffer) {
  LiveDatabase database(path_);
  database.execute("CREATE TABLE bare(a, b);" + numbers(500) +
                   "INSERT INTO bare SELECT i, 'row' FROM n");
  const State before = take();
  database.execute("DELETE FROM bare WHERE a <= 100; VACUUM");
  const State after = take();
  const TableChange change = compare(before, after, "bare");
  EXPECT_EQ(change.removed, 100U);
  EXPECT_EQ(change.added, 0U);
  EXPECT_EQ(change.changed, 0U);
}

TEST_F(SqliteDiffTest, ALongRowOverwrittenInPlaceIsFound) {
  LiveDatabase database(path_);
  database.execute("PRAGMA page_size = 512; CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);" +
                   numbers(200) + "INSERT INTO t SELECT i, printf('%.*c', 3000, 'a') FROM n");
  const State before = take();
  // The leaf keeps the beginning of the value; only an overflow page changes.
  database.execute(
      "UPDATE t SET body = substr(body, 1, 2500) || 'b' || substr(body, 2502) "
      "WHERE id = 77");
  const State after = take();
  const TableChange change = compare(before, after, "t");
  EXPECT_EQ(change.changed, 1U);
  EXPECT_EQ(change.added + change.removed, 0U);
}

// The work is in proportion to the change: what is shared is not read.
class SharedPages : public SqliteDiffTest, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Tables, SharedPages,
                         testing::Values("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT);",
                                         "CREATE TABLE t(id INT, body TEXT, PRIMARY KEY(id DESC)) "
                                         "WITHOUT ROWID;"));

TEST_P(SharedPages, AreNotRead) {
  LiveDatabase database(path_);
  database.execute(GetParam() + numbers(20'000) +
                   "INSERT INTO t SELECT i, hex(randomblob(100)) FROM n");
  const State before = take();
  database.execute("UPDATE t SET body = 'changed' WHERE id IN (5000, 15000)");
  const State after = take();
  repository_.reopen();
  const TableChange change = compare(before, after, "t");
  EXPECT_EQ(change.changed, 2U);
  const std::uint64_t size = after.snapshot.files.at(0).size;
  EXPECT_GT(size, 4U << 20);
  EXPECT_LT(repository_->chunks().cached_bytes(), size / 5);
}

TEST_F(SqliteDiffTest, OtherPageSizeOrEncodingIsComparedRowByRow) {
  const auto make = [&](const std::string& settings, const std::string& text) {
    fs::remove(path_);
    LiveDatabase database(path_);
    database.execute(settings + "; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);" + numbers(300) +
                     "INSERT INTO t SELECT i, 'grün' || i FROM n; UPDATE t SET a = '" + text +
                     "' WHERE id = 9");
    return take();
  };
  const State small = make("PRAGMA page_size = 512", "x");
  const State large = make("PRAGMA page_size = 4096", "y");
  const State wide = make("PRAGMA page_size = 512; PRAGMA encoding = 'UTF-16le'", "z");
  EXPECT_EQ(pair(small, large).pages(), nullptr);
  EXPECT_EQ(compare(small, large, "t").changed, 1U);
  EXPECT_EQ(compare(small, wide, "t").changed, 1U);
  EXPECT_EQ(compare(small, wide, "t").added, 0U);
}

// Nothing on a page is trusted: a result or an Error, whatever the bytes.
TEST_F(SqliteDiffTest, DamagedDatabasesDoNoHarm) {
  std::mt19937_64 random(7);
  LiveDatabase database(path_);
  database.execute("PRAGMA page_size = 512");
  database.execute(kTables);
  for (int i = 0; i < 60; ++i) change(database, random);
  std::ifstream in(path_, std::ios::binary);
  const std::string sound((std::istreambuf_iterator<char>(in)), {});
  Bytes before(as_bytes(sound).begin(), as_bytes(sound).end());
  before.resize(before.size() - before.size() % 512);
  const Snapshot first = repository_.take(before);
  int compared = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    Bytes after = before;
    for (auto hits = 1 + random() % 40; hits > 0; --hits) {
      // Half of them where pages begin, with what leads to other pages.
      const std::size_t at = random() % 2 == 0
                                 ? random() % after.size()
                                 : random() % (after.size() / 512) * 512 + random() % 16;
      if (at >= 100) after[at] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) after.resize(random() % after.size() / 512 * 512 + 512);
    const Snapshot second = repository_.take(after);
    try {
      const StoredPair stored(repository_->chunks(), first.files.at(0), "before",
                              second.files.at(0), "after", {});
      for (const std::string& table : stored.diff().tables()) stored.diff().compare(table, {});
      ++compared;
    } catch (const Error&) {
      // as it should be
    }
  }
  EXPECT_GT(compared, 0);
}

TEST_F(SqliteDiffTest, VirtualTablesByTheTablesBelowThem) {
  LiveDatabase database(path_);
  database.execute("CREATE TABLE t(a)");
  const State none = take();
  database.execute("CREATE VIRTUAL TABLE words USING fts5(body); INSERT INTO words VALUES ('one')");
  const State one = take();
  database.execute("INSERT INTO words VALUES ('two')");
  const State two = take();
  expect_all(none, one);
  expect_all(one, two);
  expect_all(two, none);
}

}  // namespace
}  // namespace varve
