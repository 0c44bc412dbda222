// Assertions put to an SQLite database.
#include "tools/sources/assertions.h"

#include <gtest/gtest.h>

#include "tests/support/database.h"
#include "tests/support/temp_folder.h"
#include "tools/sources/sqlite_handle.h"
#include "tools/sources/sqlite_trust.h"

namespace varve {
namespace {

class Assertions : public testing::Test {
 protected:
  Assertions() {
    Database database(folder_ / "a.db");
    database.run(
        "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2); CREATE VIEW v AS SELECT * FROM t");
    sqlite3* opened = nullptr;
    sqlite3_open_v2((folder_ / "a.db").c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    database_.reset(opened);
    distrust(opened);
  }
  Assertion put(const std::string& sql) { return put_assertions(database_.get(), {sql}).at(0); }

  TempFolder folder_;
  OwnedSqliteConnection database_;
};

TEST_F(Assertions, HoldWhereTheOnlyRowIsTrue) {
  for (const char* sql :
       {"SELECT count(*) = 2 FROM t", "SELECT 0.5 ;\n", "SELECT count(*) FROM v",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) "
        "SELECT max(i) = 9 FROM n"}) {
    EXPECT_EQ(put(sql), (Assertion{sql, true, ""})) << put(sql).detail;
  }
}

TEST_F(Assertions, DoNotHoldElse) {
  const std::map<std::string, std::string> expected = {
      {"SELECT count(*) > 2 FROM t", "it is false"},
      {"SELECT NULL", "it is false"},
      {"SELECT 'yes'", "it is false"},
      {"SELECT 1 WHERE 0", "it gives no row"},
      {"SELECT a FROM t", "it gives more than one row"},
      {"SELECT 1 FROM absent", "no such table: absent"},
      {"SELEC 1", "near \"SELEC\": syntax error"},
      {"SELECT 1; SELECT 1", "it is more than one statement"},
      {"-- nothing", "it is no statement"}};
  for (const auto& [sql, detail] : expected) {
    EXPECT_EQ(put(sql), (Assertion{sql, false, detail})) << sql;
  }
}

TEST_F(Assertions, ReadTheDatabaseAndDoNothingElse) {
  for (const char* sql :
       {"DELETE FROM t", "ATTACH '/etc/passwd' AS p", "PRAGMA journal_mode=WAL",
        "CREATE TABLE u(a)", "SELECT load_extension('x')", "INSERT INTO t VALUES(3) RETURNING 1"}) {
    EXPECT_FALSE(put(sql).passed) << sql;
  }
  EXPECT_TRUE(put("SELECT count(*) = 2 FROM t").passed);
}

TEST_F(Assertions, AreNamedWhereTheyDoNotHold) {
  const auto faults = faults_of(put_assertions(
      database_.get(), {"SELECT 1", "SELECT count(*) > 5 FROM t", "SELECT 1 FROM absent"}));
  EXPECT_EQ(faults,
            (std::vector<std::string>{
                "the assertion SELECT count(*) > 5 FROM t is false",
                "the assertion SELECT 1 FROM absent does not hold: no such table: absent"}));
}

}  // namespace
}  // namespace varve
