// varve list, cat and restore.
#include <sys/stat.h>

#include "store/core/time.h"
#include "tests/support/small_disk.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

// Two snapshots of a.db, and one of b.db and a.db together.
class CliRead : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 1000);
    must({"ingest", "a.db", "--time", "2026-11-19T02:00:00Z"});
    first_ = content_of(in_folder("a.db"));
    Database(in_folder("a.db")).run("DELETE FROM t WHERE id % 7 = 0");
    must({"ingest", "a.db", "--time", "2026-11-20T02:00:00Z", "--tag", "nightly"});
    second_ = content_of(in_folder("a.db"));
    make_database(in_folder("b.db"), 300);
    must({"ingest", "b.db", "--time", "2026-11-21T02:00:00Z"});
    other_ = content_of(in_folder("b.db"));
  }
  void expect_cat(const std::string& what, const std::string& content) const {
    EXPECT_TRUE(must({"cat", what}) == content) << what;
  }

  std::string first_;
  std::string second_;
  std::string other_;
};

TEST_F(CliRead, ListIsATableOldestFirst) {
  const std::string text = must({"list"});
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("SNAPSHOT ")) << line;
  for (const char* start :
       {"2026-11-19T02-00-00Z ", "2026-11-20T02-00-00Z ", "2026-11-21T02-00-00Z "}) {
    std::getline(lines, line);
    EXPECT_TRUE(line.starts_with(start)) << line;
  }
  expect_holds(text, "nightly");
}

TEST_F(CliRead, ListJsonIsAsPromised) {
  const Json list = must_json({"list"});
  EXPECT_EQ(keys_of(list), std::set<std::string>{"snapshots"});
  ASSERT_EQ(list["snapshots"].size(), 3U);
  for (const Json& snapshot : list["snapshots"]) {
    EXPECT_EQ(keys_of(snapshot),
              (std::set<std::string>{"name", "id", "time", "host", "sources", "tags", "files",
                                     "raw_bytes", "added_bytes", "verified"}));
  }
  const Json& nightly = list["snapshots"][1];
  EXPECT_EQ(nightly["time"], "2026-11-20T02:00:00Z");
  EXPECT_EQ(nightly["tags"], Json({"nightly"}));
  EXPECT_EQ(nightly["raw_bytes"], second_.size());
  EXPECT_EQ(nightly["verified"], "full");
}

TEST_F(CliRead, ListOfAnEmptyRepositorySaysWhatToDo) {
  must({"init", in_folder("other")});
  expect_holds(must({"-r", in_folder("other"), "list"}), "varve ingest");
  EXPECT_EQ(must_json({"-r", in_folder("other"), "list"})["snapshots"], Json::array());
}

TEST_F(CliRead, ListOfASnapshotShowsItsFiles) {
  const Json json = must_json({"list", "2026-11-19T02-00-00Z"});
  EXPECT_EQ(keys_of(json), (std::set<std::string>{"snapshot", "files", "attestations"}));
  EXPECT_EQ(json["snapshot"]["name"], "2026-11-19T02-00-00Z");
  ASSERT_EQ(json["files"].size(), 1U);
  const Json& file = json["files"][0];
  EXPECT_EQ(file["path"], "a.db");
  EXPECT_EQ(file["raw_bytes"], first_.size());
  EXPECT_EQ(file["source"], "a.db");
  EXPECT_EQ(file["verified"], "full");
  must({"restore", "2026-11-19T02-00-00Z", "out"});
  const ProgramResult sum = Program({"sha256sum", "out/a.db"}, setting()).wait();
  EXPECT_EQ(sum.out, file["sha256"].get<std::string>() + "  out/a.db\n");
  EXPECT_EQ(json["attestations"][0]["row_counts"]["t"], 1000);
  expect_holds(must({"list", "2026-11-19T02-00-00Z"}), file["sha256"]);
}

TEST_F(CliRead, SnapshotsAreNamedInManyWays) {
  const auto resolved = [&](const std::string& text) -> std::string {
    return must_json({"list", text})["snapshot"]["name"];
  };
  EXPECT_EQ(resolved("latest"), "2026-11-21T02-00-00Z");
  EXPECT_EQ(resolved("latest:a.db"), "2026-11-20T02-00-00Z");
  EXPECT_EQ(resolved("2026-11-19T02-00-00Z"), "2026-11-19T02-00-00Z");
  EXPECT_EQ(resolved("2026-11-20T02:00:00Z"), "2026-11-20T02-00-00Z");
  EXPECT_EQ(resolved("2026-11-20T03:30:00+01:00"), "2026-11-20T02-00-00Z");
  EXPECT_EQ(resolved("2030-01-01"), "2026-11-21T02-00-00Z");
  const std::string id = must_json({"list"})["snapshots"][0]["id"];
  EXPECT_EQ(resolved(id), "2026-11-19T02-00-00Z");
}

TEST_F(CliRead, WhatIsNoSnapshotIsSaid) {
  for (const char* text : {"nonsense", "missing.db", "2020-01-01"}) {
    expect_holds(refused(1, {"list", text}), text);
  }
  expect_holds(refused(1, {"list", "latest:missing.db"}), "missing.db");
}

TEST_F(CliRead, CatWritesTheStoredBytes) {
  expect_cat("latest:b.db", other_);
  expect_cat("latest:a.db:a.db", second_);
  expect_cat("2026-11-19T02-00-00Z:a.db", first_);
  expect_cat("2026-11-20T02:00:00Z:a.db", second_);
  expect_cat("2026-11-20T02:00:a.db", second_);
  expect_cat("2026-11-19T02-00-00Z", first_);
}

TEST_F(CliRead, LatestAndAFileOfAnotherSnapshotStillIsThatSource) {
  // "latest" has no a.db, so "latest:a.db" can only mean the newest snapshot of that source.
  expect_cat("latest:a.db", second_);
}

TEST_F(CliRead, CatOfWhatIsNotThereSaysWhatIs) {
  const std::string complaint = refused(1, {"cat", "latest:missing.db"});
  expect_holds(complaint, "missing.db");
  expect_holds(complaint, "it has b.db");
}

TEST_F(CliRead, RestoreOfASnapshotMakesTheFolder) {
  const Json json = must_json({"restore", "2026-11-19T02-00-00Z", "out"});
  EXPECT_EQ(json["name"], "2026-11-19T02-00-00Z");
  EXPECT_EQ(json["files"][0]["sha256_checked"], true);
  EXPECT_TRUE(content_of(in_folder("out/a.db")) == first_);
  EXPECT_EQ(names_in(in_folder("out")), std::set<std::string>{"a.db"});
}

TEST_F(CliRead, RestoreOfAFileGoesToItsNewNameOrIntoAFolder) {
  must({"restore", "2026-11-19T02-00-00Z:a.db", "renamed.db"});
  EXPECT_TRUE(content_of(in_folder("renamed.db")) == first_);
  std::filesystem::create_directory(in_folder("here"));
  must({"restore", "latest:a.db:a.db", "here"});
  EXPECT_TRUE(content_of(in_folder("here/a.db")) == second_);
  must({"restore", "2026-11-21T02:00:00Z:b.db", in_folder("here/")});
  EXPECT_TRUE(content_of(in_folder("here/b.db")) == other_);
}

TEST_F(CliRead, RestoreKeepsModeAndTime) {
  ASSERT_EQ(::chmod(in_folder("b.db").c_str(), 0640), 0);
  Database(in_folder("b.db")).run("DELETE FROM t WHERE id = 1");
  must({"ingest", "b.db"});
  must({"restore", "latest:b.db:b.db", "copy.db"});
  struct stat after {};
  ASSERT_EQ(::stat(in_folder("copy.db").c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0640U);
  const std::string time = must_json({"list", "latest:b.db"})["files"][0]["time"];
  EXPECT_EQ(after.st_mtime, parse_time(time).value().seconds);
}

TEST_F(CliRead, RestoreNeverReplacesAFileWithoutForce) {
  write_text(in_folder("precious.db"), "precious");
  expect_holds(refused(1, {"restore", "latest:b.db:b.db", "precious.db"}), "--force");
  EXPECT_EQ(content_of(in_folder("precious.db")), "precious");
  ASSERT_EQ(::chown(in_folder("precious.db").c_str(), 1234, 5678), 0);
  must({"restore", "latest:b.db:b.db", "precious.db", "--force"});
  EXPECT_TRUE(content_of(in_folder("precious.db")) == other_);
  struct stat after {};
  ASSERT_EQ(::stat(in_folder("precious.db").c_str(), &after), 0);
  EXPECT_EQ(after.st_uid, 1234U) << "who could use the old one can use the new one";
  EXPECT_EQ(after.st_gid, 5678U);
}

TEST_F(CliRead, RestoreChecksAllTargetsBeforeItWritesTheFirst) {
  must({"ingest", "a.db", "b.db"});
  std::filesystem::create_directory(in_folder("out"));
  write_text(in_folder("out/b.db"), "mine");
  expect_holds(refused(1, {"restore", "latest", "out"}), "out/b.db");
  EXPECT_EQ(names_in(in_folder("out")), std::set<std::string>{"b.db"});
  EXPECT_EQ(content_of(in_folder("out/b.db")), "mine");
}

TEST_F(CliRead, RestoreStaysOutOfTheRepository) {
  const std::set<std::string> before = names_in(repository());
  std::filesystem::create_symlink(repository(), in_folder("way-in"));
  for (const char* target : {"repo", "repo/new", "repo/packs", "way-in", "way-in/new"}) {
    expect_holds(refused(1, {"restore", "latest", target}), "repository");
  }
  expect_holds(refused(1, {"restore", "latest:b.db:b.db", "repo/x.db"}), "repository");
  EXPECT_EQ(names_in(repository()), before);
}

TEST_F(CliRead, RestoreFollowsNoLinkAtItsTarget) {
  write_text(in_folder("elsewhere.db"), "elsewhere");
  std::filesystem::create_symlink(in_folder("elsewhere.db"), in_folder("link.db"));
  std::filesystem::create_symlink(in_folder("nowhere.db"), in_folder("dangling.db"));
  for (const char* link : {"link.db", "dangling.db"}) {
    expect_holds(refused(1, {"restore", "latest:b.db:b.db", link}), "symbolic link");
    expect_holds(refused(1, {"restore", "latest:b.db:b.db", link, "--force"}), "symbolic link");
  }
  EXPECT_EQ(content_of(in_folder("elsewhere.db")), "elsewhere");
  EXPECT_FALSE(std::filesystem::exists(in_folder("nowhere.db")));
}

TEST_F(CliRead, RestoreDoesNotLeaveADatabaseBesideAnOldJournal) {
  for (const char* leftover : {"new.db-wal", "new.db-journal"}) {
    write_text(in_folder(leftover), "old");
    expect_holds(refused(1, {"restore", "latest:b.db:b.db", "new.db"}), leftover);
    EXPECT_EQ(content_of(in_folder(leftover)), "old");
    must({"restore", "latest:b.db:b.db", "new.db", "--force"});
    EXPECT_FALSE(std::filesystem::exists(in_folder(leftover)));
    EXPECT_TRUE(content_of(in_folder("new.db")) == other_);
    EXPECT_EQ(
        must({"cat", std::string("latest:new.db.pre-restore:new.db.pre-restore/") + leftover}),
        "old");
    std::filesystem::remove(in_folder("new.db"));
  }
  must({"restore", "latest:b.db:b.db", "new.db"});
}

TEST_F(CliRead, RestoreToAFullDiskLeavesNothing) {
  SmallDisk disk(200 << 10);
  const std::string complaint = refused(1, {"restore", "latest:a.db", disk / "out"});
  expect_holds(complaint, "No space left on device");
  EXPECT_EQ(names_in(disk.path()), std::set<std::string>{});
  refused(1, {"restore", "latest:a.db:a.db", disk / "a.db"});
  EXPECT_EQ(names_in(disk.path()), std::set<std::string>{});
}

TEST_F(CliRead, RestoreIntoNowhereSaysSo) {
  expect_holds(refused(1, {"restore", "latest", "no/such/folder"}), "no/such");
  expect_holds(refused(1, {"restore", "latest:b.db:b.db", "no/b.db"}), "no");
  expect_holds(refused(1, {"restore", "latest", "a.db"}), "a.db is not a folder");
}

TEST_F(CliRead, AWalDatabaseComesWithTheWayBack) {
  {
    Database wal(in_folder("wal.db"));
    wal.run("PRAGMA journal_mode = WAL");
    wal.run("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
  }
  must({"ingest", "wal.db"});
  expect_holds(must({"restore", "latest:wal.db", "out"}), "PRAGMA journal_mode=WAL");
}

}  // namespace
}  // namespace varve
