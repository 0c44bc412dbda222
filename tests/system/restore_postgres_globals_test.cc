// Which server's roles go with a dump, where a snapshot holds those of several.
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class RestorePostgresGlobals : public PostgresProgram {
 protected:
  void SetUp() override {
    init();
    server_.sql("postgres", "CREATE ROLE on_a");
    server_.sql("postgres", "CREATE DATABASE a1");
    other_.sql("postgres", "CREATE ROLE on_b");
    for (const std::string database : {"b1", "b2"}) {
      other_.sql("postgres", "CREATE DATABASE " + database);
      other_.sql(database, "CREATE TABLE t (a int); ALTER TABLE t OWNER TO on_b");
    }
    must({"ingest", server_.uri("a1"), other_.uri("b1"), other_.uri("b2")});
  }
  static std::string roles_of(const PostgresServer& server) {
    return server.sql("postgres",
                      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'on%' ORDER BY 1");
  }

  PostgresServer other_;
};

TEST_F(RestorePostgresGlobals, TheyAreThoseOfTheServerThatTheDumpCameFrom) {
  const Words words = {"restore", "latest:b2.pgdump", other_.uri("b2_new"), "--globals", "--yes"};
  Words dry = words;
  dry.emplace_back("--dry-run");
  expect_holds(must(dry), "b1.globals.sql is applied");
  must(words);
  EXPECT_EQ(roles_of(other_), "on_b\n");
}

TEST_F(RestorePostgresGlobals, ANewServerGetsTheRolesThatTheDumpNames) {
  const PostgresServer fresh;
  must({"restore", "latest:b2.pgdump", fresh.uri("b2"), "--globals", "--yes"});
  EXPECT_EQ(roles_of(fresh), "on_b\n");
  EXPECT_EQ(fresh.sql("b2", "SELECT tableowner FROM pg_tables WHERE tablename = 't'"), "on_b\n");
}

TEST_F(RestorePostgresGlobals, ADrillTakesThem) { must({"drill", "b2"}); }

}  // namespace
}  // namespace varve
