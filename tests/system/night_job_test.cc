// A small company's night: two SQLite files, a PostgreSQL database and a Redis server, in one
// snapshot of one job, all or nothing; and what lies there is used in place.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/mounted_repository.h"
#include "tests/support/postgres_server.h"
#include "tests/support/program.h"
#include "tests/support/redis_server.h"
#include "tools/sources/postgres_connection.h"

namespace varve {
namespace {

class NightJob : public testing::Test {
 protected:
  NightJob() {
    for (const std::string name : {"history", "orders"}) {
      run("sqlite3 " + quoted(store_.scratch(name + ".db")) +
          " 'PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES(42)'");
    }
    postgres_.sql("postgres", "CREATE DATABASE shop");
    postgres_.sql("postgres", "CREATE DATABASE scratch");
    postgres_.sql("shop",
                  "CREATE TABLE users(id int primary key, name text);"
                  "INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 5000) i;"
                  "CREATE TABLE other(id int)");
    redis_.cli("SET greeting hello");
    redis_.cli("RPUSH list a b c");
    write_config();
  }

  void write_config() const {
    std::ofstream(store_.scratch("varve.toml"))
        << "repository = \"" << store_.repository_path().native() << "\"\n"
        << "[[job]]\nname = \"nightly\"\nsources = [\n"
        << "  \"" << store_.scratch("history.db").native() << "\",\n"
        << "  \"" << store_.scratch("orders.db").native() << "\",\n"
        << "  { from = \"" << postgres_.uri("shop") << "\", as = \"shop\" },\n"
        << "  { from = \"" << redis_.uri() << "\", as = \"cache\" },\n]\n"
        << "[job.hooks]\nbefore = [\"echo begun >> " << marks().native() << "\"]\n"
        << "after = [\"echo $VARVE_SNAPSHOT >> " << marks().native() << "\"]\n"
        << "on_failure = [\"echo \\\"$VARVE_ERROR\\\" >> " << marks().native() << "\"]\n";
  }

  Path marks() const { return store_.scratch("marks"); }
  std::string marked() const { return run("cat " + quoted(marks())); }

  ShellResult night() const {
    return shell(VARVE_BINARY " ingest --job nightly --config " +
                 quoted(store_.scratch("varve.toml")));
  }

  Program begin_night() const {
    return Program(
        {VARVE_BINARY, "ingest", "--job", "nightly", "--config", store_.scratch("varve.toml")}, {});
  }
  static ShellResult ended(Program& program) {
    const ProgramResult result = program.wait();
    return {result.status, result.out + result.err};
  }
  // A save of its takes more than a minute then.
  void slow_down_redis() const {
    redis_.cli("DEBUG POPULATE 100000 key 1000");
    redis_.cli("CONFIG SET rdb-key-save-delay 1000");
  }

  static std::string run(const std::string& command) {
    const ShellResult result = shell(command);
    EXPECT_EQ(result.status, 0) << command << ": " << result.output;
    return result.output;
  }

  std::string in_mount(const std::string& command) const {
    const ShellResult result = store_.in_mount(command);
    EXPECT_EQ(result.status, 0) << command << ": " << result.output;
    return result.output;
  }

  void expect_nothing_stored(const ShellResult& result, const std::string& source) const {
    EXPECT_EQ(result.status, 1) << result.output;
    EXPECT_NE(result.output.find(source), std::string::npos) << result.output;
    EXPECT_EQ(store_.varve("list --json | jq '.snapshots | length'").output, "0\n");
    EXPECT_EQ(store_.varve("check --read-data").status, 0);
    EXPECT_NE(marked().find(source), std::string::npos) << marked();  // the hook was told
  }

  MountedRepository store_;
  PostgresServer postgres_;
  RedisServer redis_;
};

TEST_F(NightJob, LandsAsOneSnapshotThatIsUsedInPlace) {
  const ShellResult result = night();
  ASSERT_EQ(result.status, 0) << result.output;
  ASSERT_NO_FATAL_FAILURE(store_.mount("allow_other"));
  EXPECT_EQ(in_mount("ls latest/"),
            "SHA256SUMS\ncache.rdb\nglobals.sql\nhistory.db\norders.db\nshop.pgdump\n"
            "snapshot.json\n");
  EXPECT_EQ(in_mount("sqlite3 latest/history.db 'SELECT a FROM t'"), "42\n");
  EXPECT_EQ(in_mount("sqlite3 latest/orders.db 'PRAGMA integrity_check'"), "ok\n");
  EXPECT_NE(in_mount("pg_restore --list latest/shop.pgdump").find("TABLE DATA public users"),
            std::string::npos);
  in_mount("pg_restore -t users -d " + quoted(postgres_.uri("scratch")) + " latest/shop.pgdump");
  EXPECT_EQ(postgres_.sql("scratch", "SELECT count(*), max(name) FROM users"), "5000|user 999\n");
  in_mount("redis-check-rdb latest/cache.rdb");
  const RedisServer again({}, store_.mount_point() / "latest/cache.rdb");
  EXPECT_EQ(again.digest(), redis_.digest());
  EXPECT_EQ(in_mount("cd latest && sha256sum --quiet -c SHA256SUMS"), "");
  EXPECT_EQ(in_mount("jq -c '[.sources[] | .moment != null]' latest/snapshot.json"),
            "[true,true,true,true]\n");
  const std::string name = in_mount("readlink latest");
  EXPECT_EQ(marked(), "begun\n" + name);
}

TEST_F(NightJob, WithoutRedisStoresNothing) {
  redis_.kill();
  expect_nothing_stored(night(), "redis");
}

TEST_F(NightJob, WithoutPostgresStoresNothing) {
  postgres_.crash();
  expect_nothing_stored(night(), "shop");
}

TEST_F(NightJob, WithoutADatabaseFileStoresNothing) {
  std::filesystem::remove(store_.scratch("orders.db"));
  expect_nothing_stored(night(), "orders.db");
}

TEST_F(NightJob, RedisKilledInTheMiddleStoresNothing) {
  slow_down_redis();
  Program program = begin_night();
  while (redis_.info("rdb_bgsave_in_progress") != "1") continue;
  redis_.kill();
  expect_nothing_stored(ended(program), "redis");
}

TEST_F(NightJob, PostgresKilledInTheMiddleStoresNothing) {
  PostgresConnection other(postgres_.uri("shop"), "", {});
  other.query("BEGIN");
  other.query("LOCK TABLE public.users IN ACCESS EXCLUSIVE MODE");
  Program program = begin_night();
  while (postgres_.sql("postgres", "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted") !=
         "t\n") {
    continue;
  }
  postgres_.crash();
  expect_nothing_stored(ended(program), "shop");
}

TEST_F(NightJob, KilledInTheMiddleItselfLeavesNothing) {
  slow_down_redis();
  Program program = begin_night();
  while (redis_.info("rdb_bgsave_in_progress") != "1") continue;
  program.send(SIGKILL);
  EXPECT_EQ(program.wait().status, -SIGKILL);
  EXPECT_EQ(store_.varve("list --json | jq '.snapshots | length'").output, "0\n");
  EXPECT_EQ(store_.varve("check --read-data").status, 0);
}

// What it says and what the hook is told come from the verification, and the snapshot stays.
TEST_F(NightJob, ASourceThatFailsItsVerificationIsAFailure) {
  run("printf '\\377\\377\\377' | dd conv=notrunc status=none bs=1 seek=4096 of=" +
      quoted(store_.scratch("orders.db")));
  const ShellResult result = night();
  EXPECT_EQ(result.status, 3) << result.output;
  EXPECT_NE(marked().find("orders.db failed its verification"), std::string::npos) << marked();
  EXPECT_EQ(store_.varve("list --json | jq '.snapshots | length'").output, "1\n");
}

TEST_F(NightJob, WhatAHookHoldsIsNotRepeated) {
  run("sed -i 's/echo begun/VARVE_X=s3cret; exit 7; echo ${i}/' " +
      quoted(store_.scratch("varve.toml")));
  const ShellResult result = night();
  EXPECT_EQ(result.status, 1) << result.output;
  EXPECT_EQ(result.output.find("s3cret"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("the hook before ended with status 7"), std::string::npos)
      << result.output;
}

TEST_F(NightJob, StoresNothingWhereTheHookBeforeItFails) {
  run("sed -i 's/echo begun/echo no; exit 7/' " + quoted(store_.scratch("varve.toml")));
  expect_nothing_stored(night(), "status 7");
}

}  // namespace
}  // namespace varve
