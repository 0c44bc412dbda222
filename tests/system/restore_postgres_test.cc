// varve restore of dumps into databases of a real server.
#include "tests/system/restore_postgres_program.h"

namespace varve {
namespace {

TEST_F(RestorePostgres, IntoANewDatabaseWithItsRowsCounted) {
  must({"ingest", shop()});
  const std::string out = must({"restore", "latest:shop.pgdump", server_.uri("copy")});
  expect_holds(out, "counted 6 tables, 20,801 rows, as recorded");
  expect_holds(out, "--globals");
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
  EXPECT_EQ(databases(), (Set{"copy", "postgres", "shop"}));
}

TEST_F(RestorePostgres, AWholeSnapshotWithOneDumpIsThatDump) {
  must({"ingest", shop()});
  const Json json = must_json({"restore", "latest", server_.uri("copy"), "-j", "1"});
  EXPECT_EQ(json["row_counts"]["public.orders"], 20000);
  EXPECT_EQ(json["safety"], Json());
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
}

TEST_F(RestorePostgres, OfSeveralDumpsThatOfTheSource) {
  must({"ingest", shop(), server_.uri("postgres")});
  must({"restore", "latest:shop", server_.uri("copy")});
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
}

TEST_F(RestorePostgres, AnExistingDatabaseIsReplacedInOneStepAndKept) {
  server_.sql("postgres", R"(CREATE ROLE owner; ALTER DATABASE shop OWNER TO owner;
    ALTER DATABASE shop SET search_path = "Odd schema", public;
    ALTER ROLE clerk IN DATABASE shop SET work_mem = '5MB';
    REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO clerk)");
  must({"ingest", shop()});
  const std::string stored = rows_of("shop");
  sql("DELETE FROM public.orders WHERE id > 100");
  expect_holds(refused(1, {"restore", "latest:shop.pgdump", shop()}), "--force");
  EXPECT_EQ(sql("SELECT count(*) FROM public.orders"), "100\n");

  const std::string out = must({"restore", "latest:shop.pgdump", shop(), "--force"});
  EXPECT_EQ(rows_of("shop"), stored);
  const std::string old = kept();
  expect_holds(out, old);
  EXPECT_EQ(server_.sql(old, "SELECT count(*) FROM public.orders"), "100\n");
  EXPECT_EQ(sql("SHOW search_path"), "\"Odd schema\", public\n");
  EXPECT_EQ(sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'shop'"),
            "owner\n");
  EXPECT_EQ(server_.sql("postgres",
                        "SELECT setconfig FROM pg_db_role_setting s JOIN pg_roles r "
                        "ON r.oid = setrole WHERE rolname = 'clerk' AND setdatabase = "
                        "(SELECT oid FROM pg_database WHERE datname = 'shop')"),
            "{work_mem=5MB}\n");
  EXPECT_EQ(server_.sql("postgres",
                        "SELECT has_database_privilege('clerk', 'shop', 'CONNECT'), "
                        "EXISTS (SELECT FROM pg_database d, aclexplode(datacl) a WHERE "
                        "datname = 'shop' AND grantee = 0 AND privilege_type = 'CONNECT')"),
            "t|f\n");
  const Json list = must_json({"list"});
  EXPECT_EQ(list["snapshots"][1]["tags"], Json({"pre-restore"}));
  EXPECT_EQ(list["snapshots"][1]["sources"], Json({"shop.pre-restore"}));

  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(sql("SELECT count(*) FROM public.orders"), "100\n");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(rows_of("shop"), stored);
}

TEST_F(RestorePostgres, SessionsInTheOldDatabaseEnd) {
  must({"ingest", shop()});
  Program session({"psql", "-X", shop(), "-c", "SELECT pg_sleep(1000)"}, setting());
  const auto sessions = [&] {
    return server_.sql("postgres",
                       "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' "
                       "AND query LIKE '%pg_sleep%' AND state = 'active'");
  };
  while (sessions() != "1\n") continue;
  must({"restore", "latest:shop.pgdump", shop(), "--force"});
  EXPECT_NE(session.wait().status, 0);
  EXPECT_NE(kept(), "");
}

TEST_F(RestorePostgres, UndoFromTheSafetySnapshotWhereNothingWasKept) {
  must({"ingest", shop()});
  sql("DELETE FROM orders WHERE id > 100");
  must({"restore", "latest:shop.pgdump", shop(), "--force"});
  server_.sql("postgres", "DROP DATABASE " + kept());
  expect_holds(refused(1, {"restore", "--undo", shop()}), "--yes");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(sql("SELECT count(*) FROM orders"), "100\n");
}

TEST_F(RestorePostgres, TheSchemaFirstAndThenTheRows) {
  must({"ingest", shop()});
  must({"restore", "latest:shop.pgdump", server_.uri("copy"), "--schema-only"});
  EXPECT_EQ(server_.sql("copy", "SELECT count(*) FROM orders"), "0\n");
  expect_holds(refused(1, {"restore", "latest:shop.pgdump", server_.uri("none"), "--data-only"}),
               "--schema-only");
  expect_holds(refused(1, {"restore", "latest:shop.pgdump", shop(), "--schema-only", "--force"}),
               "exists");
  must({"restore", "latest:shop.pgdump", server_.uri("copy"), "--data-only", "--force",
        "--no-safety"});
  EXPECT_EQ(rows_of("copy"), rows_of("shop"));
}

TEST_F(RestorePostgres, PlainAndCustomDumps) {
  for (const std::string format : {"plain", "custom"}) {
    must({"ingest", shop(), "--pg-format", format});
    const std::string file = format == "plain" ? "shop.sql" : "shop.dump";
    must({"restore", "latest:" + file, server_.uri("copy_" + format)});
    EXPECT_EQ(rows_of("copy_" + format), rows_of("shop")) << format;
    if (format == "custom") continue;
    expect_holds(refused(2, {"restore", "latest:" + file, server_.uri("x"), "--table", "a"}),
                 "plain");
  }
}

// Whatever psql is given, it runs: the user's own dumps too, and nothing else.
TEST_F(RestorePostgres, ScriptsThatPgDumpMade) {
  shell(fmt::format("pg_dump {} > {}", quoted(shop()), quoted(in_folder("made.sql").native())));
  shell(fmt::format("grep -v 'restrict ' {0}/made.sql > {0}/older.sql",
                    quoted(in_folder(".").native())));
  make_database(in_folder("a.db"), 10);
  write_text(in_folder("evil.txt"), "select 1;\n\\! touch pwned\n");
  must({"ingest", "made.sql", "older.sql", "a.db", "evil.txt"});
  for (const std::string name : {"made", "older"}) {
    must({"restore", "latest:" + name + ".sql", server_.uri(name)});
    EXPECT_EQ(rows_of(name), rows_of("shop")) << name;
  }
  for (const std::string name : {"a.db", "evil.txt"}) {
    expect_holds(refused(2, {"restore", "latest:" + name, server_.uri("copy")}),
                 name + " of snapshot");
  }
  must({"ingest", shop()});
  expect_holds(refused(2, {"restore", "latest:globals.sql", server_.uri("copy")}),
               "--globals restores them");
  EXPECT_FALSE(std::filesystem::exists(in_folder("pwned")));
  EXPECT_EQ(databases(), (Set{"made", "older", "postgres", "shop"}));
}

TEST_F(RestorePostgres, AScriptRunsNoPrograms) {
  const std::string front =
      "--\n-- PostgreSQL database dump\n--\n\n\\restrict varve\n\nSELECT 1;\n";
  const std::string program = "\\! touch " + quoted(in_folder("pwned").native()) + "\n";
  const auto expect_refused = [&](const std::string& script, const std::string& words) {
    write_text(in_folder("evil.sql"), script);
    must({"ingest", "evil.sql"});
    const std::string complaint = refused(1, {"restore", "latest:evil.sql", server_.uri("copy")});
    expect_holds(complaint, words);
    expect_holds(complaint, "it holds commands of psql");
    EXPECT_FALSE(std::filesystem::exists(in_folder("pwned"))) << script;
  };
  expect_refused(front + program + "\\unrestrict varve\n\n", "backslash commands are restricted");
  expect_refused(front + "\\unrestrict varve\n" + program, "wrong key");
  expect_refused(front + "\\unrestrict varve\n" + program + "\\unrestrict varve\n", "wrong key");
  expect_refused("--\n-- PostgreSQL database dump\n--\n" + program, "backslash commands are");
  // A file of somebody's own is not the globals of a server.
  write_text(in_folder("globals.sql"), "CREATE ROLE late;\n");
  write_text(in_folder("good.sql"), front + "\\unrestrict varve\n");
  must({"ingest", "globals.sql", "good.sql"});
  expect_holds(refused(1, {"restore", "latest:good.sql", server_.uri("good"), "--globals"}),
               "restore without --globals");
  EXPECT_FALSE(std::filesystem::exists(in_folder("pwned")));
  EXPECT_EQ(server_.sql("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'late'"), "0\n");
}

TEST_F(RestorePostgres, OnANewServerTheRolesComeFirst) {
  must({"ingest", shop()});
  const PostgresServer other;
  const std::string complaint = refused(1, {"restore", "latest:shop.pgdump", other.uri("shop")});
  expect_holds(complaint, "clerk");
  expect_holds(complaint, "--globals");
  const char* const all = "SELECT datname FROM pg_database WHERE datname LIKE 'shop%'";
  EXPECT_EQ(other.sql("postgres", all), "") << "nothing is left";
  must({"restore", "latest:shop.pgdump", other.uri("shop"), "--globals"});
  EXPECT_EQ(other.sql("postgres", all), "shop\n");
  EXPECT_EQ(other.sql("shop", "SELECT count(*) FROM orders"), "20000\n");
}

TEST_F(RestorePostgres, ADryRunDoesNothing) {
  must({"ingest", shop()});
  const std::string out = must({"restore", "latest:shop.pgdump", shop(), "--force", "--dry-run"});
  expect_holds(out, "safety snapshot");
  expect_holds(out, "shop_before_");
  const Json json = must_json({"restore", "latest:shop.pgdump", shop(), "--force", "--dry-run"});
  EXPECT_EQ(json["replaces"], true);
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestorePostgres, WhatIsNoDumpIsSaid) {
  make_database(in_folder("a.db"), 10);
  must({"ingest", "a.db"});
  expect_holds(refused(2, {"restore", "latest", server_.uri("copy")}), "no dump");
  must({"ingest", shop(), server_.uri("postgres")});
  const std::string complaint = refused(2, {"restore", "latest", server_.uri("copy")});
  expect_holds(complaint, "shop.pgdump");
  expect_holds(complaint, "postgres.pgdump");
  expect_holds(refused(1, {"restore", "--undo", server_.uri("copy"), "--yes"}), "nothing can be");
}

}  // namespace
}  // namespace varve
