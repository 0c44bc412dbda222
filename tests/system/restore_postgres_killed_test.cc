// A restore of a database that ends in the middle: the old one stays, and nothing is left for good.
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/system/restore_postgres_program.h"

namespace varve {
namespace {

class RestorePostgresKilled : public RestorePostgres {
 protected:
  // Its index takes for ever, until somebody says otherwise.
  void SetUp() override {
    RestorePostgres::SetUp();
    std::filesystem::create_directory(temporary());
    sql(R"(
      CREATE FUNCTION public.slow(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
        $$BEGIN
            IF current_database() LIKE '%restoring%' THEN PERFORM pg_sleep(1000); END IF;
            RETURN a;
          END$$;
      CREATE TABLE public.slowly (a int);
      CREATE INDEX slow_index ON public.slowly (public.slow(a)))");
    must({"ingest", shop()});
    sql("DELETE FROM orders WHERE id > 100");
    sql("INSERT INTO slowly VALUES (1)");
    must({"ingest", shop()});
  }
  Path temporary() const { return in_folder("tmp"); }
  ProgramSetting with_temporary() const {
    ProgramSetting changed = setting();
    changed.environment.emplace_back("TMPDIR", temporary().native());
    return changed;
  }
  Words restoring(const std::string& snapshot) const {
    return command({"restore", snapshot + ":shop.pgdump", shop(), "--force", "-j", "2"});
  }
  std::string count(const std::string& what) const {
    return server_.sql("postgres", "SELECT count(*) FROM pg_stat_activity WHERE " + what);
  }
  void await(const std::string& expected, const std::string& what) const {
    while (count(what) != expected + "\n") std::this_thread::yield();
  }
  // In the middle of pg_restore, one of whose jobs makes the index.
  void await_index() const { await("1", kIndex); }

  static constexpr const char* kIndex =
      "query LIKE 'CREATE INDEX slow_index%' AND state = 'active'";
};

TEST_F(RestorePostgresKilled, BySigtermNothingIsLeft) {
  Program restore(restoring("latest"), with_temporary());
  await_index();
  restore.send(SIGTERM);
  const ProgramResult result = restore.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  expect_holds(result.err, "interrupted: no database was changed");
  await("0", kIndex);
  EXPECT_EQ(databases(), (Set{"postgres", "shop"}));
  EXPECT_EQ(names().size(), 2U) << "a safety snapshot of what was not replaced";
  EXPECT_TRUE(std::filesystem::is_empty(temporary()));
}

TEST_F(RestorePostgresKilled, BySigkillItsProgramsEndAndTheNextOneClearsTheRest) {
  const Words first = {names().front()};
  {
    Program restore(restoring("latest"), with_temporary());
    await_index();
    restore.send(SIGKILL);
    EXPECT_EQ(restore.wait().status, -SIGKILL);
  }
  await("0", kIndex);  // pg_restore's jobs went with it, and had the server give up
  await("0", "datname LIKE 'shop%' OR application_name = 'varve'");
  EXPECT_EQ(databases_with("_restoring_").size(), 1U);
  EXPECT_FALSE(std::filesystem::is_empty(temporary()));
  EXPECT_EQ(sql("SELECT count(*) FROM orders"), "100\n");
  const std::string left = *databases_with("_restoring_").begin();

  // The first snapshot has no row that the index would wait for.
  const ProgramResult next = Program(restoring(first.front()), with_temporary()).wait();
  EXPECT_EQ(next.status, 0) << next.err;
  expect_holds(next.out, "dropped " + left + ", which a restore left when it was killed");
  EXPECT_EQ(databases_with("_restoring_"), Set{});
  EXPECT_TRUE(std::filesystem::is_empty(temporary()));
  EXPECT_EQ(sql("SELECT count(*) FROM orders"), "20000\n");
}

TEST_F(RestorePostgresKilled, OneThatIsStillAtWorkIsLeftAlone) {
  Program restore(restoring("latest"), with_temporary());
  await_index();
  const Set working = databases_with("_restoring_");
  const std::string first = names().front();
  must({"restore", first + ":shop.pgdump", shop(), "--force", "--no-safety"});
  EXPECT_EQ(databases_with("_restoring_"), working);
  restore.send(SIGTERM);
  EXPECT_EQ(restore.wait().status, 130);
  EXPECT_EQ(databases_with("_restoring_"), Set{});
}

TEST_F(RestorePostgresKilled, OneThatIsOnlyCalledSoIsNamed) {
  server_.sql("postgres", "CREATE DATABASE shop_restoring_20260101_000000");
  const std::string out =
      must({"restore", names().front() + ":shop.pgdump", shop(), "--force", "--no-safety"});
  expect_holds(out, "shop_restoring_20260101_000000 looks like");
  EXPECT_TRUE(databases().contains("shop_restoring_20260101_000000"));
}

}  // namespace
}  // namespace varve
