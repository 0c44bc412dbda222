// What can go wrong with a PostgreSQL server: a clear line, no snapshot, no secret, no orphan.
#include <csignal>
#include <memory>
#include <thread>

#include "tests/support/small_disk.h"
#include "tests/system/postgres_program.h"
#include "tests/unit/collecting_builder.h"
#include "tools/sources/postgres_targets.h"

namespace varve {
namespace {

class PostgresTrouble : public PostgresProgram {
 protected:
  // A session that holds a lock on the table until it is let go.
  class Lock {
   public:
    Lock(const PostgresTrouble& test, const std::string& table)
        : test_(test),
          psql_({"psql", "-Xq", test.shop(), "-c",
                 "BEGIN; LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)"},
                {}) {
      test.await(
          "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted "
          "AND relation = '" +
          table + "'::regclass");
    }

    // A server does not notice that a client is gone that waits for it.
    ~Lock() {
      shell("psql -Xq " + quoted(test_.shop()) +
            " -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
            "pg_backend_pid() AND query LIKE '%pg_sleep%'\"");
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    const PostgresTrouble& test_;
    Program psql_;
  };
  // Returns when the query says anything but 0.
  void await(const std::string& query) const {
    while (server_.sql("postgres", "SELECT 1") != "1\n" || sql(query) == "0\n") {
      std::this_thread::yield();
    }
  }
  void await_waiting_dump() const {
    await(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND "
        "wait_event_type = 'Lock'");
  }
  // The command lines of pg_dump processes that work on this test's server.
  std::string dumps() const {
    std::string found;
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
      std::ifstream in(process.path() / "cmdline");
      std::ostringstream line;
      line << in.rdbuf();
      if (line.str().find("pg_dump") == std::string::npos) continue;
      std::ifstream environment(process.path() / "environ");
      std::ostringstream variables;
      variables << environment.rdbuf();
      if (variables.str().find(server_.socket_folder().native()) != std::string::npos) {
        found += line.str() + '\n';
      }
    }
    return found;
  }
};

TEST_F(PostgresTrouble, WrongHostUserDatabase) {
  expect_holds(refused(1, {"ingest", "postgresql:///shop?host=/nowhere"}), "check host and port");
  expect_holds(refused(1, {"ingest", server_.uri("absent")}), "psql -l lists");
  expect_holds(refused(1, {"ingest", server_.uri("shop", "nobody")}), "name the user in the URI");
  expect_no_snapshot();
}

TEST_F(PostgresTrouble, PasswordsAreNeverShown) {
  sql("SET password_encryption = 'scram-sha-256'; CREATE ROLE guard SUPERUSER LOGIN PASSWORD "
      "'open sesame'; CREATE TABLE slow (a int)");
  server_.set_access("local all postgres trust\nlocal all all scram-sha-256\n");
  const auto uri = [&](const char* password) {
    return fmt::format("postgresql://guard:{}@/shop?host={}", password,
                       server_.socket_folder().native());
  };
  const std::string wrong = refused(1, {"ingest", uri("wrong%20word")});
  expect_holds(wrong, "password authentication failed");
  EXPECT_EQ(wrong.find("wrong word"), std::string::npos);
  expect_holds(refused(1, {"ingest", server_.uri("shop", "guard")}), "PGPASSWORD");
  write_text(in_folder("pgpass"), "*:*:*:guard:open sesame\n");
  std::filesystem::permissions(in_folder("pgpass"), std::filesystem::perms::owner_read);
  ProgramSetting by_file = setting();
  by_file.environment.emplace_back("PGPASSFILE", in_folder("pgpass"));
  EXPECT_EQ(Program(command({"ingest", server_.uri("shop", "guard")}), by_file).wait().status, 0);

  auto lock = std::make_unique<Lock>(*this, "slow");
  Program running(command({"ingest", uri("open%20sesame"), "--busy-timeout", "60"}), setting());
  await_waiting_dump();
  EXPECT_NE(dumps(), "");
  EXPECT_EQ(dumps().find("sesame"), std::string::npos);
  const std::string shown = content_of("/proc/" + std::to_string(running.pid()) + "/cmdline");
  EXPECT_EQ(shown.find("sesame"), std::string::npos);
  lock.reset();
  const ProgramResult result = running.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ((result.out + result.err).find("sesame"), std::string::npos);
  EXPECT_EQ(must({"list", "latest", "--json"}).find("sesame"), std::string::npos);
  EXPECT_EQ(must({"cat", "latest:globals.sql"}).find("sesame"), std::string::npos);
}

TEST_F(PostgresTrouble, ALockEndsTheDumpByItsTimeOut) {
  sql("CREATE TABLE busy (a int)");
  const Lock lock(*this, "busy");
  const std::string words = refused(1, {"ingest", shop(), "--busy-timeout", "1"});
  expect_holds(words, "LOCK TABLE public.busy");
  expect_holds(words, "--busy-timeout");
  expect_no_snapshot();
}

TEST_F(PostgresTrouble, ASignalStopsTheDump) {
  sql("CREATE TABLE busy (a int)");
  const Lock lock(*this, "busy");
  Program program(command({"ingest", shop(), "--busy-timeout", "600"}), setting());
  await_waiting_dump();
  program.send(SIGTERM);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  EXPECT_EQ(dumps(), "");
  expect_no_snapshot();
}

TEST_F(PostgresTrouble, AKilledIngestLeavesNoDumpBehind) {
  sql("CREATE TABLE busy (a int)");
  const Lock lock(*this, "busy");
  Program program(command({"ingest", shop(), "--busy-timeout", "600"}), setting());
  await_waiting_dump();
  program.send(SIGKILL);
  EXPECT_EQ(program.wait().status, -SIGKILL);
  while (!dumps().empty()) std::this_thread::yield();
  expect_no_snapshot();
}

TEST_F(PostgresTrouble, AServerThatEndsEndsTheIngest) {
  sql("CREATE TABLE busy (a int)");
  std::string words;
  {
    const Lock lock(*this, "busy");
    Program program(command({"ingest", shop(), "--busy-timeout", "600"}), setting());
    await_waiting_dump();
    server_.crash();
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.status, 1);
    words = result.err;
  }
  expect_holds(words, "pg_dump of postgresql://postgres@");
  expect_holds(words, "ingest again when it is back");
  expect_no_snapshot();
}

// Who owns a database must not make a backup's role run his own functions.
TEST_F(PostgresTrouble, FunctionsInFrontOfTheServersOwnAreNotCalled) {
  sql("CREATE SCHEMA evil; CREATE TABLE t(a int);"
      "CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'evil ran'; END $$;"
      "CREATE FUNCTION evil.pg_export_snapshot() RETURNS text LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE 'evil ran'; END $$;"
      "ALTER DATABASE shop SET search_path = evil, public, pg_catalog");
  EXPECT_EQ(varve({"ingest", shop()}).status, 0);
}

TEST_F(PostgresTrouble, WhatPgDumpWarnsOfIsAWarning) {
  sql("CREATE TABLE a(id int PRIMARY KEY, other int); CREATE TABLE b(id int PRIMARY KEY, other int "
      "REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (other) REFERENCES b");
  const ProgramResult result = varve({"ingest", shop(), "--data-only"});
  EXPECT_EQ(result.status, 3) << result.err;
  expect_holds(result.err, "circular foreign-key constraints");
}

// In the middle of a table's rows.
TEST_F(PostgresTrouble, AServerThatEndsInATableEndsTheCopy) {
  sql("CREATE TABLE big AS SELECT i, repeat(md5(i::text), 10) t FROM generate_series(1, 100000) i");
  auto sources = postgres_sources({{shop(), "shop"}}, {}, {});
  test::CollectingBuilder builder;
  std::size_t extents = 0;
  builder.after_each_extent = [&] {
    if (++extents == 20) server_.crash();
  };
  sources.front()->open();
  try {
    sources.front()->copy(builder);
    FAIL() << "it went on without a server";
  } catch (const Error& error) {
    expect_holds(error.what(), "pg_dump of");
  }
}

TEST_F(PostgresTrouble, MissingPrivilegesAreNamedWithTheirGrants) {
  fill_shop();
  sql("CREATE ROLE backup LOGIN; REVOKE ALL ON SCHEMA public FROM PUBLIC");
  const std::string first = refused(1, {"ingest", shop("backup")});
  expect_holds(first, "role backup may not read schema \"Odd schema\", public, table");
  expect_holds(first, "GRANT USAGE ON SCHEMA \"Odd schema\", public TO backup");
  expect_holds(first, "public.orders");
  expect_holds(first, "GRANT SELECT ON SEQUENCE public.orders_id_seq TO backup");
  expect_holds(first, "GRANT SELECT ON LARGE OBJECT 17, 4000000000 TO backup");
  sql("GRANT USAGE ON SCHEMA public, \"Odd schema\" TO backup;"
      "GRANT SELECT ON ALL TABLES IN SCHEMA public, \"Odd schema\" TO backup;"
      "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, \"Odd schema\" TO backup;"
      "GRANT SELECT ON LARGE OBJECT 17, 4000000000 TO backup;"
      "ALTER TABLE orders ENABLE ROW LEVEL SECURITY");
  const std::string second = refused(1, {"ingest", shop("backup")});
  expect_holds(second, "row-level security hides rows of table public.orders from role backup");
  expect_holds(second, "ALTER ROLE backup BYPASSRLS");
  expect_no_snapshot();
  sql("ALTER ROLE backup BYPASSRLS");
  const ProgramResult third = varve({"ingest", shop("backup")});
  EXPECT_EQ(third.status, kExitWarning) << third.err;
  expect_holds(third.err, "globals.sql holds no passwords of roles");
  expect_holds(third.err, "GRANT SELECT ON pg_catalog.pg_authid TO backup");
  expect_holds(must({"cat", "latest:globals.sql"}), "CREATE ROLE clerk");
}

// Where tables are selected only pg_dump knows which are meant; its words are explained.
TEST_F(PostgresTrouble, AnUnreadableTableAmongTheSelected) {
  sql("CREATE ROLE backup LOGIN; CREATE TABLE open_table (a int); CREATE TABLE closed (a int);"
      "GRANT SELECT ON open_table TO backup");
  EXPECT_EQ(varve({"ingest", shop("backup"), "--table", "open_table"}).status, kExitWarning);
  const std::string words = refused(1, {"ingest", shop("backup"), "--table", "closed"});
  expect_holds(words, "permission denied for table closed");
  expect_holds(words, "GRANT SELECT ON TABLE public.closed TO backup");
}

TEST_F(PostgresTrouble, AFullDiskUnderTheRepository) {
  sql("CREATE TABLE big AS SELECT md5(i::text) || md5((-i)::text) t "
      "FROM generate_series(1, 600000) i");
  const SmallDisk disk(12u << 20);
  const std::string small = disk / "repo";
  must({"init", small});
  const ProgramResult result = varve({"-r", small, "ingest", shop()});
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "No space left on device");
  EXPECT_EQ(dumps(), "");
  const Json list = Json::parse(must({"-r", small, "list", "--json"}));
  EXPECT_EQ(list["snapshots"].size(), 0U);
}

TEST_F(PostgresTrouble, AServerNewerThanEveryPgDump) {
  PostgresOptions options;
  options.programs = {.roots = {in_folder("roots/%/bin")}, .path = in_folder("elsewhere")};
  const auto message = [&] {
    auto sources = postgres_sources({{shop(), "shop"}}, options, {});
    try {
      sources.front()->open();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  expect_holds(message(), "there is no pg_dump here: install the package postgresql-client-15");
  const Path old = in_folder("roots/13/bin");
  std::filesystem::create_directories(old);
  write_text(old / "pg_dump", "#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.9'\n");
  std::filesystem::permissions(old / "pg_dump", std::filesystem::perms::owner_all);
  expect_holds(message(),
               "the newest pg_dump here is of version 13: install the package "
               "postgresql-client-15");
}

}  // namespace
}  // namespace varve
