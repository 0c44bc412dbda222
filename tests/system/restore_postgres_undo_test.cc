// varve restore --undo of databases: what a restore replaced comes back, and nothing else.
#include <csignal>
#include <thread>

#include "tests/support/shell.h"
#include "tests/system/restore_postgres_program.h"

namespace varve {
namespace {

class UndoPostgres : public RestorePostgres {
 protected:
  void SetUp() override {
    RestorePostgres::SetUp();
    must({"ingest", shop()});
    sql("DELETE FROM orders WHERE id > 100");
  }
  std::string count() const { return sql("SELECT count(*) FROM orders"); }
  // Until there is a session like that.
  void await(const std::string& what) const {
    const std::string query =
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid <> "
        "pg_backend_pid() AND " +
        what;
    while (server_.sql("postgres", query) != "t\n") std::this_thread::yield();
  }
};

TEST_F(UndoPostgres, ADatabaseThatIsOnlyCalledSoIsLeftAlone) {
  server_.sql("postgres", "CREATE DATABASE shop_before_school");
  server_.sql("postgres", "CREATE DATABASE shop_before_20300101_000000");
  const std::string nothing = refused(1, {"restore", "--undo", shop(), "--yes"});
  expect_holds(nothing, "nothing can be undone");
  expect_holds(nothing, "shop_before_20300101_000000 bears no mark");
  must({"restore", "latest:shop.pgdump", shop(), "--force", "--no-safety"});
  const Set before = databases();
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(count(), "100\n");
  EXPECT_TRUE(databases().contains("shop_before_school"));
  EXPECT_TRUE(databases().contains("shop_before_20300101_000000"));
  EXPECT_EQ(databases().size(), before.size());
}

TEST_F(UndoPostgres, OneThatSomebodyGaveAnotherNameIsHis) {
  must({"restore", "latest:shop.pgdump", shop(), "--force", "--no-safety"});
  server_.sql("postgres", "ALTER DATABASE " + kept() + " RENAME TO shop_before_school");
  expect_holds(refused(1, {"restore", "--undo", shop(), "--yes"}), "nothing can be undone");
  EXPECT_EQ(count(), "20000\n");
}

TEST_F(UndoPostgres, LongNamesWithOneBeginningAreToldApart) {
  const std::string front(50, 'n');
  for (const char* end : {"_one", "_two"}) {
    server_.sql("postgres", "CREATE DATABASE " + front + end);
    must({"restore", "latest:shop.pgdump", server_.uri(front + end), "--force", "--no-safety"});
  }
  EXPECT_EQ(databases_with("_before_").size(), 2U);  // in one second: one has a number more
  must({"restore", "--undo", server_.uri(front + "_one"), "--yes"});
  EXPECT_EQ(server_.sql(front + "_one", "SELECT to_regclass('orders') IS NULL"), "t\n");
  EXPECT_EQ(server_.sql(front + "_two", "SELECT count(*) FROM orders"), "20000\n");
}

TEST_F(UndoPostgres, ARestoreThatFailsLeavesNothingToUndo) {
  must({"restore", "latest:shop.pgdump", shop(), "--force"});
  const Words before = names();
  expect_holds(refused(1, {"restore", before.front() + ":shop.pgdump", shop(), "--table", "orders",
                           "--force"}),
               "orders exists");
  // In the middle of the loading.
  sql("DROP TABLE orders CASCADE; CREATE TABLE no_place (a int); CREATE INDEX orders_note_idx ON "
      "no_place (a)");
  refused(1, {"restore", before.front() + ":shop.pgdump", shop(), "--table", "orders", "--force"});
  EXPECT_EQ(names(), before);
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(count(), "100\n");
}

TEST_F(UndoPostgres, TheSwapIsNotInterrupted) {
  must({"restore", "latest:shop.pgdump", shop(), "--force", "--no-safety"});
  // Nobody may rename a database until this one ends.
  const Program lock({"psql", server_.uri("postgres"), "-c",
                      "BEGIN; LOCK TABLE pg_database IN SHARE MODE; SELECT pg_sleep(600)"},
                     setting());
  await("query LIKE '%LOCK TABLE%' AND wait_event = 'PgSleep'");
  Program undo(command({"restore", "--undo", shop(), "--yes"}), setting());
  await("application_name = 'varve' AND wait_event_type = 'Lock'");
  undo.send(SIGTERM);
  server_.sql("postgres",
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = "
              "'PgSleep'");
  const ProgramResult result = undo.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(count(), "100\n");
}

TEST_F(UndoPostgres, WhatWasDoneIsNotTakenForUndoneBecauseItCouldNotBeCounted) {
  sql(R"(
      DROP TABLE parted;
      CREATE FUNCTION public.cut() RETURNS event_trigger LANGUAGE plpgsql AS
        $$BEGIN
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'varve' AND datname = current_database();
          END$$;
      CREATE EVENT TRIGGER cut ON ddl_command_end EXECUTE FUNCTION public.cut())");
  const ProgramResult result =
      varve({"restore", "latest:shop.pgdump", shop(), "--table", "parted", "--force"});
  EXPECT_EQ(result.status, 3) << result.err;
  expect_holds(result.err, "its rows were not counted");
  EXPECT_EQ(sql("SELECT count(*) FROM parted"), "500\n");
  EXPECT_EQ(names().size(), 2U) << "no safety snapshot of what was changed";
}

TEST_F(UndoPostgres, WhatChangedADatabaseInPlaceIsUndoneFromItsSnapshot) {
  must({"restore", "latest:shop.pgdump", shop(), "--force"});
  sql("DROP TABLE parted");
  must({"restore", names().front() + ":shop.pgdump", shop(), "--table", "parted", "--force"});
  EXPECT_EQ(sql("SELECT count(*) FROM parted"), "500\n");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(sql("SELECT to_regclass('parted') IS NULL"), "t\n");
  EXPECT_EQ(count(), "20000\n");
}

TEST_F(UndoPostgres, TheCommandThatIsPrintedCanBePasted) {
  const std::string keywords =
      "dbname=shop user=postgres password='se cret' host=" + server_.socket_folder().native();
  const std::string out = must({"restore", "latest:shop.pgdump", keywords, "--force"});
  EXPECT_EQ(out.find("se cret"), std::string::npos);
  const std::size_t begin = out.find("varve restore --undo ");
  ASSERT_NE(begin, std::string::npos) << out;
  const std::string line = out.substr(begin, out.find(" puts back", begin) - begin);
  const ShellResult result =
      shell("VARVE_REPO=" + quoted(repository()) + " " + VARVE_BINARY + line.substr(5) + " --yes");
  EXPECT_EQ(result.status, 0) << line << "\n" << result.output;
  EXPECT_EQ(count(), "100\n");
}

}  // namespace
}  // namespace varve
