// What varve restore looks at before it replaces a database, and what the new one takes over.
#include <thread>

#include "tests/support/damaged_data.h"
#include "tests/system/restore_postgres_program.h"

namespace varve {
namespace {

class RestorePostgresGuard : public RestorePostgres {
 protected:
  void SetUp() override {
    RestorePostgres::SetUp();
    must({"ingest", shop()});
  }
  // A session in the shop until the test ends.
  void await_session() const {
    while (server_.sql("postgres",
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' "
                       "AND query LIKE '%pg_sleep%' AND state = 'active'") == "0\n") {
      std::this_thread::yield();
    }
  }
};

TEST_F(RestorePostgresGuard, ThePropertiesOfTheOldDatabaseStay) {
  server_.sql("postgres", R"(CREATE ROLE alice;
    ALTER DATABASE shop SET role = 'alice';
    ALTER DATABASE shop SET search_path = "Odd, ""schema""", public;
    ALTER DATABASE shop SET session_preload_libraries = '';
    ALTER DATABASE shop SET statement_timeout = '7min';
    ALTER DATABASE shop CONNECTION LIMIT 17;
    COMMENT ON DATABASE shop IS E'the shop\nof ours')");
  const char* const settings =
      "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = "
      "(SELECT oid FROM pg_database WHERE datname = 'shop')";
  const char* const limit = "SELECT datconnlimit FROM pg_database WHERE datname = 'shop'";
  const std::string before = server_.sql("postgres", settings);
  must({"restore", "latest:shop.pgdump", shop(), "--force", "--no-safety"});
  EXPECT_EQ(server_.sql("postgres", settings), before);
  EXPECT_EQ(server_.sql("postgres", limit), "17\n");
  EXPECT_EQ(comment_of("shop"), "the shop\nof ours\n");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(comment_of("shop"), "the shop\nof ours\n");
}

TEST_F(RestorePostgresGuard, TheTablespaceOfTheOldDatabaseStays) {
  server_.sql("postgres", "ALTER SYSTEM SET allow_in_place_tablespaces = on");
  server_.sql("postgres", "SELECT pg_reload_conf()");
  while (server_.sql("postgres", "SHOW allow_in_place_tablespaces") != "on\n") continue;
  server_.sql("postgres", "CREATE TABLESPACE elsewhere LOCATION ''");
  server_.sql("postgres", "ALTER DATABASE shop SET TABLESPACE elsewhere");
  must({"restore", "latest:shop.pgdump", shop(), "--force", "--no-safety"});
  EXPECT_EQ(server_.sql("postgres",
                        "SELECT spcname FROM pg_database d JOIN pg_tablespace t ON "
                        "t.oid = dattablespace WHERE datname = 'shop'"),
            "elsewhere\n");
}

TEST_F(RestorePostgresGuard, ADatabaseOfTheServerItselfIsNotReplaced) {
  for (const std::string database : {"postgres", "template1"}) {
    expect_holds(refused(1, {"restore", "latest:shop.pgdump", server_.uri(database), "--force"}),
                 "database of the server itself");
  }
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestorePostgresGuard, ASessionThatTheRoleMayNotEndIsNamedBeforehand) {
  server_.sql("postgres", "CREATE ROLE maker LOGIN CREATEDB; ALTER DATABASE shop OWNER TO maker");
  const Program session({"psql", "-X", shop(), "-c", "SELECT pg_sleep(1000)"}, setting());
  await_session();
  const std::string complaint =
      refused(1, {"restore", "latest:shop.pgdump", shop("maker"), "--force"});
  expect_holds(complaint, "of postgres (psql)");
  expect_holds(complaint, "superuser");
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestorePostgresGuard, ARoleThatMayNotRenameItIsToldBeforehand) {
  server_.sql("postgres", "CREATE ROLE guest LOGIN CREATEDB; CREATE ROLE owner LOGIN");
  expect_holds(refused(1, {"restore", "latest:shop.pgdump", shop("guest"), "--force"}),
               "belongs to postgres");
  server_.sql("postgres", "ALTER DATABASE shop OWNER TO owner");
  expect_holds(refused(1, {"restore", "latest:shop.pgdump", shop("owner"), "--force"}), "CREATEDB");
}

// No session holds it, so that none can be ended.
TEST_F(RestorePostgresGuard, APreparedTransactionIsNamedBeforehand) {
  server_.sql("postgres", "ALTER SYSTEM SET max_prepared_transactions = 5");
  server_.crash();
  server_.start();
  server_.sql("shop", "BEGIN; INSERT INTO nothing VALUES (1); PREPARE TRANSACTION 'halfway'");
  for (const char* more : {"--dry-run", "--no-safety"}) {
    const std::string complaint =
        refused(1, {"restore", "latest:shop.pgdump", shop(), "--force", more});
    expect_holds(complaint, "the prepared transaction 'halfway' of postgres");
    expect_holds(complaint, "ROLLBACK PREPARED 'halfway'");
  }
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
}

TEST_F(RestorePostgresGuard, APartialDumpIsSaid) {
  must({"ingest", shop(), "--exclude-table", "nothing"});
  const std::string plan = must({"restore", "latest:shop.pgdump", shop(), "--force", "--dry-run"});
  expect_holds(plan, "partial   it is a dump of some tables");
  const std::string out = must({"restore", "latest:shop.pgdump", shop(), "--force"});
  expect_holds(out, "is a dump of some tables");
}

TEST_F(RestorePostgresGuard, RolesThatExistAreChangedOnlyWhenAsked) {
  const auto password = [this] {
    return server_.sql("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = 'clerk'");
  };
  must({"restore", "latest:shop.pgdump", server_.uri("same"), "--globals"});
  server_.sql("postgres", "ALTER ROLE clerk PASSWORD 'another one'");
  const std::string before = password();
  const Words words = {"restore", "latest:shop.pgdump", server_.uri("copy"), "--globals"};
  expect_holds(refused(1, words), "clerk");
  EXPECT_EQ(password(), before);
  EXPECT_FALSE(databases().contains("copy"));
  Words dry = words;
  dry.emplace_back("--dry-run");
  expect_holds(must(dry), "1 role that exists here gets");
  Words yes = words;
  yes.emplace_back("--yes");
  must(yes);
  EXPECT_NE(password(), before);
}

TEST_F(RestorePostgresGuard, WhatTheStoreCannotGiveBackNamesASnapshotThatPassed) {
  const std::string good = names().front();
  sql("UPDATE orders SET note = md5(id::text || 'x')");
  must({"ingest", shop()});
  damage_all_data(repository());
  const ProgramResult result = varve({"restore", "latest:shop.pgdump", shop(), "--force"});
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "cannot be read from the repository");
  expect_holds(result.err, good);
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
}

}  // namespace
}  // namespace varve
