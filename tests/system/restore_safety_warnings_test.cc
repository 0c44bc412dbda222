// What a safety snapshot misses is said by whoever takes it.
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class SafetyWarnings : public PostgresProgram {
 protected:
  // Of a role that may not read the passwords of roles.
  void SetUp() override {
    PostgresProgram::SetUp();
    server_.sql("postgres", "CREATE ROLE maker LOGIN CREATEDB; ALTER DATABASE shop OWNER TO maker");
    sql("SET ROLE maker; CREATE TABLE t AS SELECT generate_series(1, 10) AS id; ALTER TABLE t ADD "
        "PRIMARY KEY (id)");
    must({"ingest", shop()});
    sql("DELETE FROM t WHERE id > 5");
  }
  void expect_warned(const ProgramResult& result) const {
    EXPECT_EQ(result.status, 3) << result.err;
    expect_holds(result.err, "safety snapshot " + names().back());
    expect_holds(result.err, "holds no passwords of roles");
    EXPECT_EQ(sql("SELECT count(*) FROM t"), "10\n");
  }
};

TEST_F(SafetyWarnings, OfARestore) {
  const ProgramResult result =
      varve({"restore", "latest:shop.pgdump", shop("maker"), "--force", "--json"});
  expect_warned(result);
  expect_holds(Json::parse(result.out)["warnings"].dump(), "holds no passwords of roles");
}

TEST_F(SafetyWarnings, OfARestoreIntoTheDatabaseAsItIs) {
  sql("DROP TABLE t");
  expect_warned(varve({"restore", "latest:shop.pgdump", shop("maker"), "--table", "t", "--force"}));
}

TEST_F(SafetyWarnings, OfRowsThatAreRecovered) {
  expect_warned(varve(
      {"recover-rows", "latest:shop.pgdump", shop("maker"), "--table", "t", "--apply", "--yes"}));
}

}  // namespace
}  // namespace varve
