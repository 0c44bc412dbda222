// `varve drill` with real engines: restored to scratch, proven, timed, and nothing left behind.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/support/damaged_data.h"
#include "tests/support/redis_server.h"
#include "tests/support/small_disk.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class Drill : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    // The scratch server's user passes through here.
    ASSERT_EQ(::chmod(folder().c_str(), 0711), 0);
    std::filesystem::create_directory(scratch());
    ASSERT_EQ(::chmod(scratch().c_str(), 0711), 0);
  }
  Path scratch() const { return in_folder("scratch"); }

  ProgramSetting in_scratch() const {
    ProgramSetting changed = setting();
    changed.environment.emplace_back("TMPDIR", scratch().native());
    return changed;
  }
  ProgramResult run(const Words& words) const {
    return Program(command(words), in_scratch()).wait();
  }
  Json passed(Words words) const {
    words.emplace_back("--json");
    const ProgramResult result = run(words);
    EXPECT_EQ(result.status, 0) << result.err << result.out;
    expect_nothing_left();
    return Json::parse(result.out);
  }
  // Expects that it is not all proven, for this reason.
  ProgramResult failed(const Words& words, const std::string& why) const {
    ProgramResult result = run(words);
    EXPECT_EQ(result.status, 3) << result.err << result.out;
    expect_holds(result.err, why);
    expect_nothing_left();
    return result;
  }
  void expect_nothing_left() const {
    EXPECT_EQ(names_in(scratch()), std::set<std::string>{});
    EXPECT_EQ(processes_in_scratch(), 0);
  }
  int processes_in_scratch() const {
    int count = 0;
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
      std::error_code ignored;
      const Path place = std::filesystem::read_symlink(process.path() / "cwd", ignored);
      if (place.native().starts_with(scratch().native() + "/")) ++count;
    }
    return count;
  }

  // Little, where it does not matter what is in it.
  void fill_little() const {
    sql("CREATE TABLE nothing(a int); CREATE TABLE orders(id int PRIMARY KEY, note text);"
        "INSERT INTO orders SELECT i, md5(i::text) FROM generate_series(1, 2000) i");
  }
  std::string state() const { return must_json({"list"})["snapshots"][0]["verified"]; }
  std::string must_run(const std::string& text) const {
    const ShellResult result = shell("cd " + quoted(folder()) + " && " + text);
    EXPECT_EQ(result.status, 0) << text << "\n" << result.output;
    return result.output;
  }
  void write_config(const std::string& assertions) const {
    write_text(in_folder("varve.toml"),
               fmt::format("repository = \"{}\"\n[[job]]\nname = \"nightly\"\n"
                           "sources = [\"a.db\", {{ from = \"{}\", as = \"shop\" }}]\n{}",
                           repository().native(), shop(), assertions));
  }
  // A drill that has come so far that its server runs.
  void await_server(const Program& drill) const {
    while (::kill(drill.pid(), 0) == 0) {
      for (const std::string& name : names_in(scratch())) {
        std::error_code gone;
        if (std::filesystem::exists(scratch() / name / "data/postmaster.pid", gone)) return;
      }
      ::usleep(1000);
    }
    FAIL() << "it ended";
  }
};

TEST_F(Drill, RestoresEverySourceProvesAndTimesIt) {
  fill_shop();
  const RedisServer redis;
  redis.cli("DEBUG POPULATE 500");
  redis.cli("SET soon gone PX 1");
  redis.cli("-n 3 SET other 1");
  make_database(in_folder("a.db"), 300);
  std::filesystem::create_directory(in_folder("www"));
  write_text(in_folder("www/index.html"), "hello");
  make_database(in_folder("www/counter.db"), 20);
  must({"ingest", "a.db", "www", shop(), redis.uri(), "--command", "echo hello", "--as", "words"});
  const Json json = passed({"drill", "--html", "drill.html"});
  EXPECT_EQ(json["passed"], 5);
  std::map<std::string, Json> sources;
  for (const Json& one : json["sources"]) {
    sources[one["source"]] = one;
    EXPECT_EQ(one["result"], "passed") << one;
    EXPECT_EQ(one["level"], "drill");
    EXPECT_GT(one["restore_seconds"], 0) << one;
    EXPECT_EQ(one["detail"], "") << one;
  }
  EXPECT_EQ(sources["a.db"]["row_counts"], Json({{"t", 300}}));
  EXPECT_EQ(sources["www"]["row_counts"], Json({{"www/counter.db:t", 20}}));
  EXPECT_EQ(sources["shop"]["row_counts"]["public.orders"], 20000);
  EXPECT_EQ(sources["shop"]["row_counts"].size(), 6U);
  EXPECT_EQ(sources["redis"]["row_counts"], Json({{"db0", 500}, {"db3", 1}}));
  expect_holds(sources["shop"]["program"], "PostgreSQL 15.");
  expect_holds(sources["redis"]["program"], "redis-server 7.");
  EXPECT_EQ(state(), "drill");

  const std::string page = content_of(in_folder("drill.html"));
  expect_holds(page, "All 5 sources are proven");
  const std::string list = must({"list", "latest"});
  expect_holds(list, "RESTORED IN");
  const Json stats = must_json({"stats"});
  EXPECT_EQ(stats["verified"], Json({{"drill", 1}}));
  EXPECT_GT(stats["last_drill"]["restore_seconds"], 0);
}

TEST_F(Drill, RestoresOwnersAndEveryFormat) {
  fill_shop();
  sql("ALTER TABLE nothing OWNER TO clerk");
  make_database(in_folder("a.db"), 1);
  for (const std::string format : {"directory", "plain", "custom"}) {
    must({"ingest", shop(), "--pg-format", format, "--tag", format});
    write_config(
        "[[job.assert]]\nsource = \"shop\"\n"
        "sql = \"SELECT tableowner = 'clerk' FROM pg_tables WHERE tablename = 'nothing'\"\n"
        "[[job.assert]]\nsource = \"shop\"\nsql = \"SELECT count(*) = 20000 FROM orders\"\n");
    const Json json =
        passed({"verify", "latest", "--drill", "--job", "nightly", "--config", "varve.toml"});
    EXPECT_EQ(json["sources"][0]["assertions"].size(), 2U) << format;
    EXPECT_EQ(json["sources"][0]["row_counts"]["public.orders"], 20000) << format;
  }
}

// To have proven one says nothing of the other.
TEST_F(Drill, TwoServersWithADatabaseOfOneNameAreDrilledBoth) {
  fill_little();
  const PostgresServer other;
  other.sql("postgres", "CREATE DATABASE shop");
  other.sql("shop", "CREATE TABLE few(a int); INSERT INTO few VALUES (1)");
  must({"ingest", shop(), "--time", "2025-11-20"});
  must({"ingest", other.uri("shop"), "--time", "2025-11-21"});
  must({"ingest", shop(), "--time", "2025-11-22"});
  const Json sources = passed({"drill"})["sources"];
  ASSERT_EQ(sources.size(), 2U);
  EXPECT_EQ(sources[0]["snapshot"], "2025-11-22T00-00-00Z");
  EXPECT_EQ(sources[0]["row_counts"]["public.orders"], 2000);
  EXPECT_EQ(sources[1]["snapshot"], "2025-11-21T00-00-00Z");
  EXPECT_EQ(sources[1]["row_counts"], Json({{"public.few", 1}}));
  EXPECT_EQ(passed({"drill", "shop"})["sources"].size(), 2U);
}

TEST_F(Drill, ACommandIsOneSourceHoweverItIsWritten) {
  must({"ingest", "--command", "echo one", "--as", "words"});
  must({"ingest", "--command", "echo two", "--as", "words"});
  EXPECT_EQ(passed({"drill"})["sources"].size(), 1U);
}

TEST_F(Drill, TablesThatDidNotChangeAreNotReadAgainUnlessTheirProofIsStale) {
  fill_little();
  const std::string first = must_json({"ingest", shop()})["name"];
  sql("INSERT INTO nothing VALUES(1)");
  must({"ingest", shop(), "--verify", "none"});
  const Json taken = must_json({"verify", "--stale", "30"})["sources"];
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0]["taken_from"], first);
  EXPECT_EQ(taken[0]["row_counts"]["public.orders"], 2000);
  EXPECT_EQ(taken[0]["row_counts"]["public.nothing"], 1);
  EXPECT_EQ(must_json({"verify", "latest"})["sources"][0]["taken_from"], "");
}

TEST_F(Drill, AFalseAssertionFailsIt) {
  fill_little();
  make_database(in_folder("a.db"), 10);
  write_config("[[job.assert]]\nsource = \"shop\"\nsql = \"SELECT count(*) > 10 FROM nothing\"\n");
  must({"ingest", "--job", "nightly", "--config", "varve.toml"});
  const ProgramResult result =
      failed({"drill", "--job", "nightly", "--config", "varve.toml", "--html", "drill.html"},
             "shop failed its verification");
  expect_holds(result.err, "the assertion SELECT count(*) > 10 FROM nothing is false");
  expect_holds(result.out, "of 2 sources, 1 failed");
  expect_holds(content_of(in_folder("drill.html")), "does not hold");
  EXPECT_EQ(state(), "failed");
  failed({"drill", "shop"}, "is false");  // what was put before is put again
}

TEST_F(Drill, WritesItsPageToWhatIsNamedAndReplacesNoDevice) {
  make_database(in_folder("a.db"), 3);
  must({"ingest", "a.db"});
  const std::string pipe = must_run("mkfifo page.fifo; cat page.fifo > read & " +
                                    fmt::format("{} -r {} drill -q --html page.fifo > /dev/null; "
                                                "wait; cat read; stat -c %F page.fifo",
                                                VARVE_BINARY, quoted(repository())));
  expect_holds(pipe, "</html>");
  expect_holds(pipe, "fifo");
  expect_holds(run({"drill", "--html", "/dev/stdout"}).out, "</html>");
  write_text(in_folder("real.html"), "old");
  std::filesystem::create_symlink("real.html", in_folder("page.html"));
  passed({"drill", "--html", "page.html"});
  EXPECT_TRUE(std::filesystem::is_symlink(in_folder("page.html")));
  expect_holds(content_of(in_folder("real.html")), "</html>");

  const auto refuses = [&](const std::string& page, int status, const std::string& why) {
    const ProgramResult result = run({"drill", "--html", page});
    EXPECT_EQ(result.status, status);
    expect_holds(result.err, why);
    EXPECT_EQ(result.out, "") << "before the work";
  };
  refuses(".", 2, "is a folder");
  refuses("page.fifo", 1, "nobody reads it");
  refuses("none/page.html", 1, "none");
  // As /dev/full is, which a test should not put at risk.
  const std::string full = in_folder("full");
  if (::mknod(full.c_str(), S_IFCHR | 0666, makedev(1, 7)) != 0) return;
  const ProgramResult result = run({"drill", "--html", full});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(std::filesystem::is_character_file(full));
}

TEST_F(Drill, AFolderForTemporaryFilesThatIsNoneIsSaid) {
  make_database(in_folder("a.db"), 3);
  must({"ingest", "a.db"});
  ProgramSetting changed = setting();
  changed.environment.emplace_back("TMPDIR", "/nonexistent");
  const ProgramResult result = Program(command({"drill"}), changed).wait();
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err,
               "cannot make a temporary folder in /nonexistent: No such file or directory; set "
               "TMPDIR");
}

TEST_F(Drill, ADamagedPackFailsIt) {
  fill_little();
  must({"ingest", shop(), "--verify", "none"});
  passed({"drill"});
  damage_all_data(repository());
  failed({"drill"}, "damaged");
  EXPECT_EQ(state(), "failed");
}

// A quick look at its contents finds nothing.
TEST_F(Drill, ADumpThatCameDamagedFailsIt) {
  fill_little();
  must_run(fmt::format("pg_dump -Fd -Z0 -f nightly.pgdump {}", quoted(shop())));
  must({"ingest", "nightly.pgdump"});
  EXPECT_EQ(passed({"drill"})["sources"][0]["row_counts"]["nightly.pgdump:public.orders"], 2000);

  // The largest file, cut between two rows: a server would take it without complaint.
  const std::string table = must_run("cd nightly.pgdump && ls -S | head -1");
  const Path file = in_folder("nightly.pgdump") / table.substr(0, table.size() - 1);
  std::string bytes = content_of(file);
  bytes.resize(bytes.rfind('\n', bytes.size() / 2) + 1);
  write_text(file, bytes);
  must({"ingest", "nightly.pgdump", "--verify", "quick"});
  failed({"drill"}, "the rows of public.orders break off");
}

TEST_F(Drill, ACommandsDumpThatBrokeOffFailsIt) {
  fill_little();
  const std::string dump = fmt::format("pg_dump -Fc {}", quoted(shop()));
  must({"ingest", "--command", dump, "--as", "shop.dump"});
  EXPECT_EQ(passed({"drill"})["sources"][0]["row_counts"]["shop.dump:public.orders"], 2000);
  must({"ingest", "--command", dump + " | head -c 40000", "--as", "shop.dump", "--verify", "none"});
  failed({"drill"}, "pg_restore");
}

TEST_F(Drill, AnInterruptLeavesNothing) {
  fill_little();
  must({"ingest", shop()});
  Program drill(command({"drill"}), in_scratch());
  await_server(drill);
  drill.send(SIGINT);
  EXPECT_EQ(drill.wait().status, 130);
  expect_nothing_left();
  EXPECT_EQ(state(), "full") << "an interrupt is no failure";
}

TEST_F(Drill, WhatAKilledOneLeftTheNextOneClearsAway) {
  fill_little();
  must({"ingest", shop()});
  {
    Program drill(command({"drill"}), in_scratch());
    await_server(drill);
    drill.send(SIGKILL);
    drill.wait();
  }
  EXPECT_EQ(names_in(scratch()).size(), 1U);
  EXPECT_EQ(passed({"drill"})["passed"], 1);
}

TEST_F(Drill, TooLittleSpaceIsSaidAndProvesNothing) {
  fill_little();
  must({"ingest", shop()});
  SmallDisk disk(32u << 20);
  ASSERT_EQ(::chmod(disk.path().c_str(), 0711), 0);
  ProgramSetting there = setting();
  there.environment.emplace_back("TMPDIR", disk.path().native());
  const ProgramResult result = Program(command({"drill"}), there).wait();
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "shop of snapshot");
  expect_holds(result.err, "could not be tried: the drill of shop needs about");
  expect_holds(result.err, disk.path().native());
  expect_holds(result.out, "not tried");
  EXPECT_EQ(state(), "full");
}

TEST_F(Drill, ARedisFileThatIsNotLoadedFailsIt) {
  const RedisServer redis;
  redis.cli("DEBUG POPULATE 5000 key 50");
  must({"ingest", redis.uri(), "--verify", "none"});
  EXPECT_EQ(passed({"drill"})["sources"][0]["row_counts"], Json({{"db0", 5000}}));
  damage_all_data(repository());
  failed({"drill"}, "redis failed its verification");
}

TEST_F(Drill, ARedisServersFileAmongOthersIsLoadedToo) {
  const RedisServer redis;
  redis.cli("DEBUG POPULATE 500");
  redis.cli("SAVE");
  const std::string bytes = content_of(redis.rdb());
  write_text(in_folder("dump.rdb"), bytes);
  std::filesystem::create_directory(in_folder("data"));
  write_text(in_folder("data/one.rdb"), bytes);
  write_text(in_folder("data/two.rdb"), bytes);
  must({"ingest", "dump.rdb", "data"});
  const Json json = passed({"drill"});
  ASSERT_EQ(json["passed"], 2) << json;
  for (const Json& one : json["sources"]) {
    expect_holds(one["program"], "redis-server 7.");
    EXPECT_EQ(one["detail"], "") << one;
    const Json keys = one["source"] == "data" ? Json::object() : Json({{"db0", 500}});
    EXPECT_EQ(one["row_counts"], keys);
  }
  const ProgramResult table = run({"drill", "dump.rdb"});
  expect_holds(table.out, "500 keys");
}

// It ends while it is being asked whether it is ready: somebody else holds the connection yet.
TEST_F(Drill, ARedisServerThatEndsWhileItIsAskedHasRefusedItsFileToo) {
  const RedisServer redis;
  must({"ingest", redis.uri(), "--verify", "none"});
  const Path programs = scratch() / "programs";
  std::filesystem::create_directory(programs);
  write_text(programs / "redis-server", R"(#!/usr/bin/perl
use IO::Socket::UNIX;
my %setting = @ARGV;
my $server = IO::Socket::UNIX->new(Local => $setting{"--unixsocket"}, Listen => 1);
$server->accept();
exit(select(undef, undef, undef, 0.5)) if fork() == 0;
print "Fatal error loading the DB, check server logs. Exiting.\n";
)");
  ASSERT_EQ(::chmod((programs / "redis-server").c_str(), 0755), 0);
  ProgramSetting changed = in_scratch();
  changed.environment.emplace_back("PATH", programs.native() + ":" + std::getenv("PATH"));
  const ProgramResult result = Program(command({"drill"}), changed).wait();
  EXPECT_EQ(result.status, 3) << result.err;
  expect_holds(result.err, "redis failed its verification");
  expect_holds(result.err, "redis-server does not load it: Fatal error loading the DB");
}

// The machine is gone; a copy of the repository's folder is all there is.
TEST_F(Drill, ACompleteLossIsRecoveredFromTheRepositorysFolder) {
  fill_shop();
  make_database(in_folder("a.db"), 300);
  must({"ingest", "a.db", shop()});
  const std::string rows = rows_of("shop");
  std::filesystem::create_directory(in_folder("new"));
  std::filesystem::rename(repository(), in_folder("new/backup"));
  std::filesystem::remove(in_folder("a.db"));
  const auto there = [&](Words words) {
    words.insert(words.begin(), {"-r", in_folder("new/backup").native()});
    return words;
  };
  expect_holds(must(there({"list"})), "shop");
  expect_holds(must(there({"verify", "latest"})), "all 2 sources are proven");
  EXPECT_EQ(passed(there({"drill"}))["passed"], 2);
  must(there({"restore", "latest", "back"}));
  EXPECT_EQ(must_run("sqlite3 back/a.db 'SELECT count(*) FROM t'"), "300\n");
  server_.sql("postgres", "CREATE DATABASE again");
  must_run(fmt::format("pg_restore -j 2 -d {} back/shop.pgdump", quoted(server_.uri("again"))));
  EXPECT_EQ(rows_of("again"), rows);
}

}  // namespace
}  // namespace varve
