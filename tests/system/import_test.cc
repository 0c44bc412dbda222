// varve import: folders as backup scripts leave them, made by the programs that those call.
#include <fmt/format.h>

#include <csignal>

#include "store/repository/repository.h"
#include "tests/support/redis_server.h"
#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class Import : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    std::filesystem::create_directory(old());
  }
  Path old() const { return in_folder("old"); }
  Path old(const std::string& name) const { return old() / name; }

  // In the folder of old backups.
  void run(const std::string& script) const {
    const ShellResult result = shell("cd " + quoted(old()) + " && set -e\n" + script);
    ASSERT_EQ(result.status, 0) << result.output;
  }
  std::string output_of(const std::string& script) const {
    return shell("cd " + quoted(old()) + "\n" + script).output;
  }
  Json import_json(Words more = {}) const {
    Words words = {"import", old(), "--utc"};
    words.insert(words.end(), more.begin(), more.end());
    return must_json(words);
  }
  Words reasons(const Json& remarks) const {
    Words found;
    for (const Json& remark : remarks) found.push_back(remark["reason"]);
    return found;
  }
};

TEST_F(Import, FortyOldBackupsComeBackByteForByte) {
  const RedisServer server;
  server.cli("DEBUG POPULATE 2000 key 100");
  make_database(in_folder("live.db"), 3000);
  Database(in_folder("live.db")).run("PRAGMA journal_mode = WAL");
  struct Expected {
    std::string snapshot;
    std::string path;
    std::string content;
  };
  std::vector<Expected> expected;
  for (int day = 1; day <= 8; ++day) {
    Database(in_folder("live.db"))
        .run("UPDATE t SET body = body || 'x' WHERE id % 100 = " + std::to_string(day));
    server.cli("SET key:" + std::to_string(day) + " changed");
    server.cli("SAVE");
    const std::string d = fmt::format("{:02}", day);
    run(
        fmt::format("sqlite3 ../live.db '.backup history_202411{0}_120000.db'\n"
                    "sqlite3 ../live.db .dump | gzip > shop_202411{0}_020000.sql.gz\n"
                    "sqlite3 ../live.db '.backup tmp'\n"
                    "zstd -q tmp -o station-2024-11-{0}T23-30-00.db.zst\n"
                    "cp {1} dump-202411{0}.rdb\n"
                    "mkdir -p data/sub; mv tmp data/sub/x.db; echo {0} > data/day\n"
                    "tar czf asset-data-202411{0}-030000.tar.gz -C data .",
                    d, quoted(server.rdb())));
    const std::string date = "2024-11-" + d;
    expected.push_back(
        {date + "T12-00-00Z", "history.db", content_of(old("history_202411" + d + "_120000.db"))});
    expected.push_back(
        {date + "T02-00-00Z", "shop.sql", output_of("zcat shop_202411" + d + "_020000.sql.gz")});
    expected.push_back({date + "T23-30-00Z", "station.db",
                        output_of("zstd -dcq station-2024-11-" + d + "T23-30-00.db.zst")});
    expected.push_back(
        {date + "T00-00-00Z", "dump.rdb", content_of(old("dump-202411" + d + ".rdb"))});
    expected.push_back({date + "T03-00-00Z", "asset-data/day", d + "\n"});
    expected.push_back(
        {date + "T03-00-00Z", "asset-data/sub/x.db", content_of(old("data/sub/x.db"))});
    std::filesystem::remove_all(old("data"));
  }
  std::filesystem::remove(old("tmp"));

  const Json json = import_json();
  ASSERT_EQ(json["imported"].size(), 40U);
  EXPECT_EQ(json["passed_over"], Json::array());
  EXPECT_EQ(json["failed"], Json::array());
  EXPECT_LT(json["added_bytes"], json["disk_bytes"]);
  for (const Json& one : json["imported"]) EXPECT_EQ(one["verified"], "full") << one;
  for (const Expected& one : expected) {
    EXPECT_TRUE(must({"cat", one.snapshot + ":" + one.path}) == one.content)
        << one.snapshot << " " << one.path;
  }
  must({"check", "--read-data"});

  const Json again = import_json();
  EXPECT_EQ(again["imported"], Json::array());
  EXPECT_EQ(again["present"].size(), 40U);
  EXPECT_EQ(names().size(), 40U);
}

TEST_F(Import, KindsAreToldByContentNotByName) {
  make_database(in_folder("a.db"), 10);
  run("cp ../a.db one-20240101.txt; echo words > two-20240102.db; gzip -c ../a.db > three-20240103;"
      "tar cf four-20240104.bin -C .. a.db; bzip2 -c ../a.db > five-20240105.db.bz2;"
      "xz -c ../a.db > six-20240106.db.xz; gzip < /dev/null > seven-20240107.sql.gz; : > "
      "eight-20240108.sql; printf 'PGDMP\\001\\016 and so on' > nine-20240109.dump");
  std::map<std::string, std::pair<std::string, std::string>> kinds;
  const Json json = import_json({"--verify", "none"});
  for (const Json& one : json["imported"]) {
    kinds[one["source"]] = {one["kind"], one["packing"]};
  }
  const decltype(kinds) expected = {
      {"one.txt", {"sqlite", ""}},       {"two.db", {"stream", ""}},
      {"three", {"sqlite", "gzip"}},     {"four.bin", {"files", ""}},
      {"five.db", {"sqlite", "bzip2"}},  {"six.db", {"sqlite", "xz"}},
      {"seven.sql", {"stream", "gzip"}}, {"eight.sql", {"stream", ""}},
      {"nine.dump", {"pgdump", ""}}};
  EXPECT_EQ(kinds, expected);
  EXPECT_EQ(must({"cat", "latest:three:three"}), content_of(in_folder("a.db")));
  EXPECT_EQ(must({"cat", "latest:four.bin:four.bin/a.db"}), content_of(in_folder("a.db")));
  EXPECT_EQ(must({"cat", "latest:seven.sql:seven.sql"}), "");
}

TEST_F(Import, TimesAreLocalUnlessSaidOtherwise) {
  run("echo a > a_20240701_120000; echo b > b_20240701_120000Z");
  ProgramSetting berlin = setting();
  berlin.environment.emplace_back("TZ", "CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(Program(command({"import", old()}), berlin).wait().status, 0);
  EXPECT_EQ(names(), (Words{"2024-07-01T10-00-00Z", "2024-07-01T12-00-00Z"}));
  EXPECT_EQ(must({"cat", "2024-07-01T10-00-00Z:a"}), "a\n");
}

TEST_F(Import, WhatIsNoDatedBackupIsListedAndLeftAlone) {
  run("echo n > notes.txt; mkdir sub-20240101; mkfifo pipe-20240101; ln -s notes.txt link-20240101;"
      "echo x > SHA256SUMS-20240101; echo y > 'new\nline-20240101'; echo z > 99999999.db");
  const Json json = import_json();
  EXPECT_EQ(json["imported"], Json::array());
  EXPECT_EQ(json["passed_over"].size(), 7U) << json;
  const std::string text = must({"import", old()});
  for (const char* part : {"notes.txt: there is no date", "sub-20240101: it is a folder",
                           "pipe-20240101: it is no plain file", "link-20240101: it is a symbolic",
                           "SHA256SUMS-20240101: every snapshot", "holds a control character"}) {
    expect_holds(text, part);
  }
}

TEST_F(Import, ADamagedBackupIsSaidAndTheOthersAreTaken) {
  make_database(in_folder("a.db"), 2000);
  run("for d in 01 02 03 04 05 06 07; do gzip -c ../a.db > a_202401$d.db.gz; done\n"
      "truncate -s 100000 a_20240102.db.gz\n"
      "truncate -s 15 a_20240103.db.gz\n"
      "printf 'garbage' | dd of=a_20240104.db.gz bs=1 seek=50000 conv=notrunc status=none\n"
      "tar cf t-20240105.tar -C .. a.db; truncate -s 200000 t-20240105.tar\n"
      "tar cf t-20240106.tar -C .. a.db; truncate -s -10240 t-20240106.tar\n"
      "tar cf - -C .. a.db | head -c 200000 | gzip > t-20240107.tar.gz\n");
  const ProgramResult result = varve({"import", old(), "--utc", "--json"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 6) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["imported"].size(), 4U) << result.err;
  EXPECT_EQ(json["failed"].size(), 6U);
  EXPECT_EQ(names().size(), 4U);
  for (const char* file : {"a_20240102.db.gz", "a_20240103.db.gz", "a_20240104.db.gz",
                           "t-20240105.tar", "t-20240106.tar", "t-20240107.tar.gz"}) {
    expect_holds(result.err, file);
  }
  must({"check", "--read-data"});
}

TEST_F(Import, AnEvilArchiveWritesNowhereAndLosesOnlyItsEvilMembers) {
  run("mkdir in && echo good > in/good && echo evil > in/evil && ln -s /etc/passwd in/link &&"
      "ln -s good in/inside && ln in/good in/hard && mkfifo in/pipe && printf x > \"in/new\nline\" "
      "&&"
      "printf y > \"$(printf 'in/\\377bytes')\" && printf z > 'in/t\303\244st'\n"
      "tar --format=pax -cf t-20240101.tar -C in . \n"
      "tar -rPf t-20240101.tar --transform='s,.*,../../../escaped,' in/evil\n"
      "tar -rPf t-20240101.tar --transform='s,.*,/tmp/varve-escaped,' in/evil\n"
      "tar -rPf t-20240101.tar --transform='s,.*,a/../../escaped,' in/evil\n"
      "rm -r in");
  const std::set<std::string> before = names_in(folder());
  const ProgramResult result = varve({"import", old(), "--utc", "--json"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(names_in(folder()), before);
  EXPECT_FALSE(std::filesystem::exists("/tmp/varve-escaped"));
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 5) << result.err;
  for (const char* part :
       {"'../../../escaped': its path leads out", "'/tmp/varve-escaped'", "'a/../../escaped'",
        "link': it is a link that leads out", "pipe': it is a device"}) {
    expect_holds(result.err, part);
  }
  EXPECT_EQ(must({"cat", "latest:t/new\nline"}), "x");
  EXPECT_EQ(must({"cat",
                  "latest:t/\xff"
                  "bytes"}),
            "y");
  EXPECT_EQ(must({"cat", "latest:t/t\xc3\xa4st"}), "z");
  const std::string target = in_folder("restored");
  must({"restore", "latest", target});
  EXPECT_EQ(names_in(target + "/t").size(), 7U);
  EXPECT_EQ(content_of(target + "/t/hard"), "good\n");
  EXPECT_EQ(std::filesystem::read_symlink(target + "/t/inside"), "good");
}

TEST_F(Import, AnArchiveThatHoldsANameTwiceIsRefused) {
  run("echo 1 > a && tar cf t-20240101.tar a && echo 2 > a && tar rf t-20240101.tar a && rm a");
  const ProgramResult result = varve({"import", old()});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "it holds 'a' twice");
  EXPECT_TRUE(names().empty());
}

TEST_F(Import, ADryRunTellsWhatItWouldComeToAndStoresNothing) {
  make_database(in_folder("a.db"), 2000);
  run("for d in 01 02 03 04; do cp ../a.db a_202401$d.db; sqlite3 ../a.db \"UPDATE t SET body = "
      "body || 'x' WHERE id % 50 = $d\"; done; gzip a_20240102.db");
  std::filesystem::create_directory(in_folder("scratch"));
  const auto trial = [&](const Path& repo) {
    ProgramSetting there = setting();
    there.environment = {{"VARVE_REPO", repo}, {"TMPDIR", in_folder("scratch")}};
    const ProgramResult result =
        Program(command({"import", old(), "--utc", "--dry-run", "--json"}), there).wait();
    EXPECT_EQ(result.status, 0) << result.err;
    return Json::parse(result.out);
  };
  const Json told = trial(repository());
  EXPECT_TRUE(names_in(in_folder("scratch")).empty());
  EXPECT_TRUE(names().empty());
  EXPECT_EQ(told["dry_run"], true);
  EXPECT_EQ(trial(in_folder("no-repository"))["added_bytes"], told["added_bytes"]);
  const Json done = import_json();
  EXPECT_EQ(told["imported"].size(), 4U);
  EXPECT_EQ(told["raw_bytes"], done["raw_bytes"]);
  EXPECT_NEAR(told["added_bytes"].get<double>(), done["added_bytes"].get<double>(),
              done["added_bytes"].get<double>() * 0.02);
  EXPECT_EQ(trial(repository())["imported"], Json::array()) << "now all is there";
}

TEST_F(Import, AnInterruptedImportGoesOnWhereItWas) {
  run("for d in 01 02 03 04 05 06 07 08; do head -c 20000000 /dev/urandom > a_202401$d.bin; done");
  Program program(command({"import", old(), "--utc", "--verify", "none"}), setting());
  while (names().empty()) continue;
  program.send(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  expect_holds(result.err, "of 8 backups");
  const std::size_t first = names().size();
  EXPECT_LT(first, 8U);
  const Json json = import_json({"--verify", "none"});
  EXPECT_EQ(json["present"].size(), first);
  EXPECT_EQ(json["imported"].size(), 8U - first);
  EXPECT_EQ(names().size(), 8U);
}

// Everything that `stat` and the bytes tell of the folder.
constexpr const char* kState =
    "find . -exec stat -c '%n %s %Y %Z %i' {} + | sort; cat * | sha256sum";

TEST_F(Import, ADatabaseWithItsLogBesideItIsTakenWithItAndNothingIsWrittenThere) {
  {
    Database live(in_folder("a.db"));
    live.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    live.run("CREATE TABLE t(a); INSERT INTO t VALUES(7)");
    run("cp ../a.db a_20240101.db; cp ../a.db-wal a_20240101.db-wal");
    live.run(
        "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO t SELECT randomblob(100) FROM n");
    run("cp ../a.db a_20240102.db; cp ../a.db-wal a_20240102.db-wal;"
        "truncate -s -100 a_20240102.db-wal;"  // the last transaction is not whole
        "cp ../a.db a_20240103.db; cp ../a.db-wal a_20240103.db-wal");
  }
  const std::string before = output_of(kState);
  must({"import", old(), "--utc", "--dry-run"});
  EXPECT_EQ(output_of(kState), before);
  const Json json = import_json();
  EXPECT_EQ(output_of(kState), before);
  ASSERT_EQ(json["imported"].size(), 3U);
  EXPECT_EQ(reasons(json["passed_over"]),
            (Words{"it belongs to a_20240101.db", "it belongs to a_20240102.db",
                   "it belongs to a_20240103.db"}));
  for (const auto& [day, rows] : {std::pair{"2024-01-01", "1"}, std::pair{"2024-01-02", "1"},
                                  std::pair{"2024-01-03", "3001"}}) {
    const Path out = in_folder(std::string("out-") + day + ".db");
    must({"restore", std::string(day) + ":a.db", out});
    EXPECT_EQ(shell("sqlite3 -readonly " + quoted(out) + " 'SELECT count(*) FROM t'").output,
              std::string(rows) + "\n");
    EXPECT_EQ(content_of(out).substr(18, 2), "\x01\x01") << "it opens on a read-only mount";
  }
  for (const Json& one : json["imported"]) EXPECT_EQ(one["verified"], "full") << one;
  const auto facts = Repository::open(repository())->resolve("latest").sources.at(0).facts;
  EXPECT_EQ(facts.at("journal_mode"), "wal");
  EXPECT_EQ(facts.at("write_ahead_log"), "laid in");
  EXPECT_EQ(import_json()["present"].size(), 3U);
}

TEST_F(Import, ALogThatIsDamagedIsSaid) {
  make_database(in_folder("a.db"), 10);
  run("cp ../a.db a_20240101.db; sqlite3 a_20240101.db 'PRAGMA journal_mode = WAL' > /dev/null;"
      "head -c 10000 /dev/urandom > a_20240101.db-wal");
  const ProgramResult result = varve({"import", old()});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "a_20240101.db-wal is damaged: the database was taken without it");
}

TEST_F(Import, HalfATransactionIsNoBackup) {
  make_database(in_folder("a.db"), 10);
  run("cp ../a.db a_20240101.db; head -c 1000 /dev/urandom > a_20240101.db-journal;"
      "cp ../a.db a_20240102.db; head -c 1000 /dev/zero > a_20240102.db-journal");
  const ProgramResult result = varve({"import", old(), "--json"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "a_20240101.db: a rollback journal lies beside it");
  EXPECT_EQ(Json::parse(result.out)["imported"].size(), 1U)
      << "that one's transaction was finished";
}

TEST_F(Import, TwoMachinesBackupsOfOneNameAreBothKept) {
  run("mkdir app1 app2; echo one > app1/backup-20241218.dump; echo two > "
      "app2/backup-20241218.dump");
  must({"import", old("app1"), "--utc"});
  const ProgramResult second = varve({"import", old("app2"), "--utc", "--json"});
  EXPECT_EQ(second.status, 3);
  expect_holds(second.err, "with other bytes: both are kept, this one as 2024-12-18T00-00-00Z.2");
  expect_holds(Json::parse(second.out)["notes"][0], "--prefix or --as keep two machines apart");
  EXPECT_EQ(names(), (Words{"2024-12-18T00-00-00Z", "2024-12-18T00-00-00Z.2"}));
  EXPECT_EQ(must({"cat", "2024-12-18T00-00-00Z:backup.dump"}), "one\n");
  EXPECT_EQ(must({"cat", "2024-12-18T00-00-00Z.2:backup.dump"}), "two\n");
  for (const char* folder : {"app1", "app2"}) {
    const Json again = must_json({"import", old(folder), "--utc"});
    EXPECT_EQ(again["imported"], Json::array());
    EXPECT_EQ(again["present"].size(), 1U);
  }
  EXPECT_EQ(
      must_json({"import", old("app2"), "--utc", "--as", "app2.dump"})["imported"][0]["source"],
      "app2.dump");
  EXPECT_EQ(
      must_json({"import", old("app2"), "--utc", "--prefix", "two-"})["imported"][0]["source"],
      "two-backup.dump");
  EXPECT_EQ(must({"cat", "latest:two-backup.dump:two-backup.dump"}), "two\n");
}

TEST_F(Import, OneNameForBackupsOfSeveralSourcesIsRefused) {
  run("echo a > a-20240101; echo b > b-20240101");
  expect_holds(refused(2, {"import", old(), "--as", "x"}), "--as is for backups of one source");
  expect_holds(refused(2, {"import", old(), "--prefix", "a/b"}), "cannot be called");
}

TEST_F(Import, TwoFilesOfOneSourceAndTimeAreOneOnlyWhereTheirBytesAre) {
  run("echo one > shop_20241103_020000.sql; gzip -k shop_20241103_020000.sql;"
      "echo one > shop_20241104_020000.sql; echo two > shop-20241104-020000.sql;"
      "tar cf t-20241105.tar shop_20241103_020000.sql; gzip -k t-20241105.tar");
  const ProgramResult result = varve({"import", old(), "--utc", "--json"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  expect_holds(result.err, "this one as 2024-11-04T02-00-00Z.2");
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["imported"].size(), 4U);
  EXPECT_EQ(json["present"].size(), 2U);
  EXPECT_EQ(names(), (Words{"2024-11-03T02-00-00Z", "2024-11-04T02-00-00Z",
                            "2024-11-04T02-00-00Z.2", "2024-11-05T00-00-00Z"}));
  EXPECT_EQ(must({"cat", "2024-11-04T02-00-00Z:shop.sql"}) +
                must({"cat", "2024-11-04T02-00-00Z.2:shop.sql"}),
            "two\none\n");
  EXPECT_EQ(import_json()["present"].size(), 6U);
}

TEST_F(Import, AFileThatChangedIsANewBackupAndOneThatWasTouchedOrMovedIsNot) {
  run("echo one > a-20240101; touch -d 2024-01-01 a-20240101");
  import_json();
  run("touch a-20240101");
  EXPECT_EQ(import_json()["present"].size(), 1U);
  run("mkdir ../moved; mv a-20240101 ../moved");
  const Json moved = must_json({"import", in_folder("moved"), "--utc"});
  EXPECT_EQ(moved["present"].size(), 1U);
  run("echo two > a-20240101; touch -d 2024-01-01 a-20240101");
  const ProgramResult changed = varve({"import", old(), "--utc"});
  EXPECT_EQ(changed.status, 3);
  EXPECT_EQ(must({"cat", "2024-01-01T00-00-00Z.2:a"}), "two\n");
}

TEST_F(Import, ADryRunBesideWhatIsThereTellsWhatWouldBeAdded) {
  make_database(in_folder("a.db"), 20000);
  const auto add_backup = [&](const std::string& day) {
    run("sqlite3 ../a.db \"UPDATE t SET body = body || 'x' WHERE id = " + day +
        "\"; cp ../a.db a_202401" + day + ".db");
  };
  for (const char* day : {"01", "02"}) add_backup(day);
  const Json first = import_json();
  add_backup("03");
  const Json told = import_json({"--dry-run"});
  const Json done = import_json();
  EXPECT_EQ(told["imported"].size(), 1U);
  EXPECT_LT(told["added_bytes"], 20000) << "not as much as a first one";
  EXPECT_NEAR(told["added_bytes"].get<double>(), done["added_bytes"].get<double>(), 2000);
  EXPECT_EQ(told["folder_disk_bytes"], 3 * std::filesystem::file_size(in_folder("a.db")));
  EXPECT_EQ(told["folder_added_bytes"].get<int>(),
            first["added_bytes"].get<int>() + told["added_bytes"].get<int>());
  expect_holds(must({"import", old(), "--utc", "--dry-run"}), "in the repository");
}

TEST_F(Import, HardLinksInAnArchiveAreFilesOfTheirOwn) {
  make_database(in_folder("app.db"), 100);
  run("mkdir d; cp ../app.db d/app.db; ln d/app.db d/hard.db; ln d/app.db d/more.db; ln -s app.db "
      "d/soft; ln d/soft d/soft2; tar czf t-20240101.tar.gz -C d .; rm d/app.db;"
      "tar cf gone-20240102.tar d/hard.db d/more.db; tar --delete -f gone-20240102.tar d/hard.db;"
      "rm -r d");
  const ProgramResult result = varve({"import", old(), "--utc", "--json"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  expect_holds(result.err, "is a hard link to 'd/hard.db', which is not in it");
  expect_holds(result.err, "gone-20240102.tar holds nothing that can be stored");
  for (const char* file : {"app.db", "hard.db", "more.db"}) {
    EXPECT_EQ(must({"cat", std::string("2024-01-01T00-00-00Z:t/") + file}),
              content_of(in_folder("app.db")));
  }
  must({"restore", "2024-01-01T00-00-00Z", in_folder("out")});
  EXPECT_EQ(std::filesystem::read_symlink(in_folder("out/t/soft2")), "app.db");
}

TEST_F(Import, DatabasesInAnArchiveHaveTheirLogsLaidIn) {
  {
    Database live(in_folder("a.db"));
    live.run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
    live.run("CREATE TABLE t(a); INSERT INTO t VALUES(7)");
    run("mkdir d; cp ../a.db ../a.db-wal ../a.db-shm d; cp ../a.db-wal d/lonely-wal;"
        "cp ../a.db d/alone.db; tar cf first-20240101.tar -C d a.db a.db-wal a.db-shm lonely-wal "
        "alone.db; tar czf last-20240101.tar.gz -C d a.db-shm a.db-wal a.db lonely-wal alone.db");
  }
  const Json json = import_json();
  ASSERT_EQ(json["imported"].size(), 2U);
  for (const std::string source : {"first", "last"}) {
    const Json snapshot = must_json({"list", "latest:" + source});
    std::set<std::string> paths;
    for (const Json& file : snapshot["files"]) paths.insert(file["path"]);
    EXPECT_EQ(paths, (std::set<std::string>{source + "/a.db", source + "/alone.db",
                                            source + "/lonely-wal"}));
    const Path out = in_folder(source + ".db");
    must({"restore", "latest:" + source + ":" + source + "/a.db", out});
    EXPECT_EQ(
        shell("sqlite3 " + quoted("file:" + out.native() + "?immutable=1") + " 'SELECT a FROM t'")
            .output,
        "7\n");
    EXPECT_EQ(must({"cat", "latest:" + source + ":" + source + "/alone.db"}),
              content_of(old("d/alone.db")));
    EXPECT_EQ(must({"cat", "latest:" + source + ":" + source + "/lonely-wal"}),
              content_of(old("d/lonely-wal")));
  }
}

TEST_F(Import, FoldersWhoseNameIsADateHoldBackupsOfThatDate) {
  run("mkdir -p 2024-11-20/sub 21.11.2024 05-03-2024 x-2024-11-22; echo a > 2024-11-20/shop.sql;"
      "echo b > 2024-11-20/shop_20241119_010203.sql; echo c > 21.11.2024/shop.sql;"
      "echo d > x-2024-11-22/shop.sql; gzip -c 2024-11-20/shop.sql > 2024-11-20/.hidden.gz");
  const Json json = import_json();
  EXPECT_EQ(names(), (Words{"2024-11-19T01-02-03Z", "2024-11-20T00-00-00Z",
                            "2024-11-20T00-00-00Z.2", "2024-11-21T00-00-00Z"}));
  EXPECT_EQ(must({"cat", "2024-11-21T00-00-00Z:shop.sql"}), "c\n");
  EXPECT_EQ(must({"cat", "2024-11-19T01-02-03Z:shop.sql"}), "b\n");
  EXPECT_EQ(json["passed_over"].size(), 3U) << json["passed_over"];
}

TEST_F(Import, DatesWithTwoReadingsAreTakenAsTheOthersShow) {
  run("echo a > a-05-03-2024.sql");
  const Json passed = import_json();
  EXPECT_EQ(passed["imported"], Json::array());
  expect_holds(reasons(passed["passed_over"]).at(0), "with the day first and with the month first");
  run("echo b > a-18-03-2024.sql; echo c > a-1710000000.sql; echo d > a_20240301_100000+0100.sql");
  import_json();
  EXPECT_EQ(names(), (Words{"2024-03-01T09-00-00Z", "2024-03-05T00-00-00Z", "2024-03-09T16-00-00Z",
                            "2024-03-18T00-00-00Z"}));
}

TEST_F(Import, WhatWasForgottenComesBackUnlessOnlyNewerOnesAreWanted) {
  run("echo a > a-20240101; echo b > a-20240102; echo c > a-20240103");
  import_json();
  must({"forget", "2024-01-01T00-00-00Z"});
  run("echo d > a-20240104; echo e > b-20240101");
  const Json newer = import_json({"--newer"});
  EXPECT_EQ(newer["older"].size(), 1U);
  EXPECT_EQ(newer["imported"].size(), 2U);
  EXPECT_EQ(import_json()["imported"].size(), 1U);
  EXPECT_EQ(must({"cat", "latest:a:a"}), "d\n");
  EXPECT_EQ(names().size(), 5U);
}

TEST_F(Import, NamesThatAreOnlyADateGetTheFoldersName) {
  run("echo a > 20240101.sql; echo b > 20240102.sql.gz; gzip -c 20240101.sql > 20240103.sql.gz");
  import_json();
  EXPECT_EQ(must({"cat", "latest:old.sql:old.sql"}), "a\n");
}

TEST_F(Import, WhatIsNoFolderIsRefused) {
  expect_holds(refused(1, {"import", in_folder("missing")}), "missing");
  write_text(in_folder("file"), "x");
  expect_holds(refused(1, {"import", in_folder("file")}), "it is no folder");
  expect_holds(refused(2, {"import", repository()}), "in the repository");
}

}  // namespace
}  // namespace varve
