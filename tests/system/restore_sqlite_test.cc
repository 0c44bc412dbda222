// varve restore over SQLite databases that are in use, crashed, garbage or gone, and its undoing.
#include <sys/stat.h>

#include "store/core/file.h"
#include "store/repository/repository.h"
#include "tests/support/small_disk.h"
#include "tests/support/terminal_program.h"
#include "tests/system/restore_program.h"

namespace varve {
namespace {

const char* const kDay = "2026-11-20T02-00-00Z";

class RestoreSqlite : public RestoreProgram {
 protected:
  // 500 rows in the snapshot; afterwards 450.
  void SetUp() override {
    init();
    make_wal_database(app(), 500);
    ASSERT_EQ(::chmod(app().c_str(), 0640), 0);
    must({"ingest", "app.db", "--time", "2026-11-20T02:00:00Z"});
    stored_ = must({"cat", source()});
    Database(app()).run("DELETE FROM t WHERE id <= 50");
  }
  static std::string source() { return std::string(kDay) + ":app.db"; }
  Words restore(const Words& options = {}) const {
    Words words = {"restore", source(), "app.db"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
  void expect_restored() const {
    EXPECT_EQ(integrity(app()), "ok\n");
    EXPECT_EQ(rows(app()), "500\n");
    EXPECT_EQ(query(app(), "PRAGMA journal_mode"), "wal\n");
    expect_alone();
  }
  std::string stored_;
};

TEST_F(RestoreSqlite, ALiveDatabaseComesBackAsItWas) {
  ASSERT_EQ(::chown(app().c_str(), 1234, 5678), 0);
  const std::string out = must(restore({"--yes"}));
  expect_holds(out, "safety snapshot " + safety() + " holds what was replaced");
  expect_holds(out, "integrity_check, 1 table, 500 rows as recorded");
  expect_holds(out, "WAL, as it was");
  expect_holds(out, "varve restore --undo app.db");
  struct stat after {};
  ASSERT_EQ(::stat(app().c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0640U);
  EXPECT_EQ(after.st_uid, 1234U);
  EXPECT_EQ(after.st_gid, 5678U);
  expect_restored();
}

// A database that was closed to others is not opened by a backup of before.
TEST_F(RestoreSqlite, ItsPermissionsBecomeNoWider) {
  ASSERT_EQ(::chmod(app().c_str(), 0600), 0);
  must(restore({"--yes"}));
  struct stat after {};
  ASSERT_EQ(::stat(app().c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0600U);
}

TEST_F(RestoreSqlite, UndoPutsBackOwnerAndPermissionsToo) {
  ASSERT_EQ(::chmod(app().c_str(), 0666), 0);
  ASSERT_EQ(::chown(app().c_str(), 1234, 5678), 0);
  must(restore({"--yes"}));
  struct stat after {};
  ASSERT_EQ(::stat(app().c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0640U);
  ASSERT_EQ(::chown(app().c_str(), 1, 1), 0);
  must({"restore", "--undo", "app.db", "--yes"});
  ASSERT_EQ(::stat(app().c_str(), &after), 0);
  EXPECT_EQ(after.st_mode & 07777, 0666U);
  EXPECT_EQ(after.st_uid, 1234U);
  EXPECT_EQ(after.st_gid, 5678U);
}

TEST_F(RestoreSqlite, LatestOfASourceTouchesNothingElse) {
  std::filesystem::create_directory(in_folder("srv"));
  make_database(in_folder("other.db"), 10);
  must({"ingest", "app.db", "other.db"});
  for (const char* name : {"app.db", "other.db"}) {
    std::filesystem::copy_file(in_folder(name), in_folder(std::string("srv/") + name));
  }
  Database(in_folder("srv/other.db")).run("DELETE FROM t");
  must({"restore", "latest:app.db", "srv", "--yes"});
  EXPECT_EQ(rows(in_folder("srv/other.db")), "0\n");
  must({"restore", "latest:app.db", "srv/gone.db"});
  EXPECT_EQ(rows(in_folder("srv/gone.db")), "450\n") << "the file, and no folder";
}

TEST_F(RestoreSqlite, JsonSaysWhatWasProven) {
  const Json json = must_json(restore({"--yes"}));
  EXPECT_EQ(json["safety"], safety());
  EXPECT_EQ(json["warnings"], Json::array());
  ASSERT_EQ(json["databases"].size(), 1U);
  EXPECT_EQ(json["databases"][0]["check"], "full");
  EXPECT_EQ(json["databases"][0]["rows"], 500);
  EXPECT_EQ(json["databases"][0]["rows_compared"], true);
}

TEST_F(RestoreSqlite, AnOldLogIsNotPlayedIntoTheNewDatabase) {
  leave_in_wal(app(), 300);
  ASSERT_GT(std::filesystem::file_size(wal()), 0U);
  must(restore({"--yes"}));
  expect_restored();
}

// Stored without being looked at, and so not known as a database; what it replaces is one.
TEST_F(RestoreSqlite, AnOldLogIsNotPlayedIntoARawCopyEither) {
  must({"ingest", "--raw", "app.db", "--as", "raw.db"});
  leave_in_wal(app(), 300);
  must({"restore", "latest:raw.db:raw.db", "app.db", "--yes"});
  expect_alone();
  EXPECT_EQ(rows(app()), "450\n");
  EXPECT_EQ(integrity(app()), "ok\n");
}

TEST_F(RestoreSqlite, UndoBringsBackADatabaseWithItsLog) {
  leave_in_wal(app(), 300);
  must(restore({"--yes"}));
  must({"restore", "--undo", "app.db", "--yes"});
  expect_alone();
  EXPECT_EQ(rows(app()), "750\n");
  EXPECT_EQ(integrity(app()), "ok\n");
  must({"restore", "--undo", app(), "--yes"});
  expect_restored();
}

TEST_F(RestoreSqlite, UndoBringsBackADatabaseWithItsJournal) {
  Database(app()).run("PRAGMA journal_mode=DELETE");
  leave_in_journal(app());
  must(restore({"--yes"}));
  expect_restored();
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_EQ(query(app(), "SELECT count(*) FROM t WHERE body <> 'lost'"), "450\n");
  EXPECT_EQ(integrity(app()), "ok\n");
}

TEST_F(RestoreSqlite, GarbageIsReplacedAndComesBackByteForByte) {
  write_text(app(), "this was a database once");
  write_text(wal(), "and this its log");
  must(restore({"--yes"}));
  expect_restored();
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_EQ(content_of(app()), "this was a database once");
  EXPECT_EQ(content_of(wal()), "and this its log");
  must({"restore", "--undo", "app.db", "--yes"});
  expect_restored();
}

TEST_F(RestoreSqlite, ADatabaseThatIsGoneComesBackToItsPlaceWithoutAQuestion) {
  std::filesystem::remove(app());
  expect_holds(must(restore()), "WAL, as it was");
  expect_restored();
  EXPECT_EQ(safety(), "");
}

TEST_F(RestoreSqlite, ACopyElsewhereIsByteForByteWhatIsStored) {
  expect_holds(must({"restore", source(), "copy.db"}), "PRAGMA journal_mode=WAL");
  EXPECT_TRUE(content_of(in_folder("copy.db")) == stored_);
}

TEST_F(RestoreSqlite, TheNewestSnapshotOfTheSourceIsNotTheSafetySnapshot) {
  write_text(app(), "garbage");
  must(restore({"--yes"}));
  EXPECT_EQ(must_json({"list", "latest:app.db"})["snapshot"]["name"], kDay);
  EXPECT_TRUE(must({"cat", "latest:app.db:app.db"}) == stored_);
  EXPECT_EQ(must({"cat", safety() + ":app.db.pre-restore/app.db"}), "garbage");
}

TEST_F(RestoreSqlite, NothingIsReplacedUnasked) {
  const std::string before = content_of(app());
  const std::string complaint = refused(1, restore());
  expect_holds(complaint, "--yes");
  EXPECT_TRUE(content_of(app()) == before);
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestoreSqlite, ATerminalIsAskedByName) {
  const auto on_terminal = [&](const std::string& answer) {
    return run_on_terminal(command({"restore", source(), app()}), setting().environment, "[y/N]",
                           answer);
  };
  const TerminalResult no = on_terminal("n\n");
  EXPECT_EQ(no.status, 1) << no.output;
  expect_holds(no.output, "Replace " + app().native());
  expect_holds(no.output, kDay);
  expect_holds(no.output, "nothing was changed");
  EXPECT_EQ(rows(app()), "450\n");
  const TerminalResult yes = on_terminal("y\n");
  EXPECT_EQ(yes.status, 0) << yes.output;
  expect_restored();
}

TEST_F(RestoreSqlite, ADryRunSaysItAllAndDoesNothing) {
  leave_in_wal(app(), 10);
  const std::string out = must(restore({"--dry-run"}));
  for (const char* part :
       {"app.db-wal", "safety snapshot", "integrity_check", "WAL, as it was", "nothing was done"}) {
    expect_holds(out, part);
  }
  EXPECT_EQ(must_json(restore({"--dry-run"}))["files"][0]["replaces"], true);
  EXPECT_EQ(rows(app()), "460\n");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestoreSqlite, ADatabaseInUseIsRefusedAndTheUserNamed) {
  const std::string pid = fmt::format("(pid {})", ::getpid());
  const std::string before = content_of(app());
  {
    Database idle(app());
    idle.run("SELECT count(*) FROM t");
    expect_holds(refused(11, restore({"--yes"})), pid);
  }
  Database(app()).run("PRAGMA journal_mode=DELETE");
  {
    Database idle(app());  // holds no lock at all
    idle.run("SELECT count(*) FROM t");
    expect_holds(refused(11, restore({"--yes"})), pid);
    expect_holds(refused(11, restore({"--force"})), pid);
  }
  EXPECT_EQ(names().size(), 1U) << "no safety snapshot of what is not replaced";
  must(restore({"--yes"}));
  Database user(app());
  user.run("SELECT count(*) FROM t");
  expect_holds(refused(11, {"restore", "--undo", "app.db", "--yes"}), pid);
}

TEST_F(RestoreSqlite, ASnapshotThatFailedIsRefusedAndAGoodOneNamed) {
  Database(app()).run("PRAGMA journal_mode=DELETE");
  std::string damaged = content_of(app());
  for (std::size_t at = 3 * 4096; at < 6 * 4096; ++at) damaged[at] = '\x5a';
  const std::string good = content_of(app());
  write_text(app(), damaged);
  EXPECT_EQ(varve({"ingest", "app.db", "--time", "2026-11-21T02:00:00Z"}).status, 3);
  write_text(app(), good);
  const Words bad = {"restore", "2026-11-21T02-00-00Z:app.db", "app.db", "--yes"};
  const std::string complaint = refused(1, bad);
  expect_holds(complaint, "did not pass");
  expect_holds(complaint, std::string("passed is ") + kDay);
  expect_holds(complaint, "--force");
  EXPECT_TRUE(content_of(app()) == good);
  Words forced = bad;
  forced.emplace_back("--force");
  EXPECT_EQ(varve(forced).status, 3);
  EXPECT_TRUE(content_of(app()) == damaged);
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_TRUE(content_of(app()) == good);
}

// Never verified at all: the check before it takes its place is what notices.
TEST_F(RestoreSqlite, ASnapshotThatFailsItsCheckNowIsRefused) {
  Database(app()).run("PRAGMA journal_mode=DELETE");
  const std::string good = content_of(app());
  std::string damaged = good;
  for (std::size_t at = 3 * 4096; at < 6 * 4096; ++at) damaged[at] = '\x5a';
  write_text(app(), damaged);
  must({"ingest", "app.db", "--verify", "none", "--time", "2026-11-21T02:00:00Z"});
  write_text(app(), good);
  const Words bad = {"restore", "2026-11-21T02-00-00Z:app.db", "app.db", "--yes"};
  const std::string complaint = refused(1, bad);
  expect_holds(complaint, "does not pass its check");
  expect_holds(complaint, kDay);
  EXPECT_TRUE(content_of(app()) == good);
  EXPECT_EQ(safety(), "") << "nothing was replaced";
  expect_alone();
}

// A count that somebody found wrong is none to hold others against.
TEST_F(RestoreSqlite, RowsAreComparedWithThoseOfAProofThatPassed) {
  Attestation proof;
  proof.source = "app.db";
  proof.level = "full";
  proof.passed = true;
  proof.time = Timestamp::now();
  proof.row_counts = {{"t", 501}};
  {
    const auto opened = Repository::open(repository());
    opened->attest(opened->resolve("latest").id, {proof});
  }
  EXPECT_EQ(varve({"verify", "latest"}).status, 3) << "it fails, and has counted 500";
  const ProgramResult forced = varve(restore({"--yes", "--force"}));
  EXPECT_EQ(forced.status, 3);
  expect_holds(forced.err,
               "does not pass its check: t has 500 rows, and had 501 when they were recorded");
}

TEST_F(RestoreSqlite, RowsThatADrillCountedAreComparedToo) {
  must({"drill", "app.db"});
  expect_holds(must(restore({"--yes"})), "500 rows as recorded");
}

// What --undo brings back is what was replaced last, whatever was tried since.
TEST_F(RestoreSqlite, ARefusedRestoreLeavesTheWayBackOpen) {
  const std::string before = rows(app());
  must(restore({"--yes"}));
  Database(in_folder("bad.db")).run("CREATE TABLE t(a)");
  std::string damaged = content_of(app());
  for (std::size_t at = 3 * 4096; at < 6 * 4096; ++at) damaged[at] = '\x5a';
  write_text(in_folder("bad.db"), damaged);
  must({"ingest", "bad.db", "--verify", "none", "--time", "2026-11-21T02:00:00Z"});
  refused(1, {"restore", "2026-11-21T02-00-00Z:bad.db", "app.db", "--yes"});
  must({"restore", "--undo", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), before);
}

TEST_F(RestoreSqlite, ADryRunSaysWhatWouldBeRefused) {
  Database open(app());
  open.run("BEGIN; SELECT count(*) FROM t");
  const ProgramResult result = varve(restore({"--dry-run"}));
  EXPECT_EQ(result.status, 11);
  expect_holds(result.out, "nothing was done");
  expect_holds(result.err, "app.db");
}

TEST_F(RestoreSqlite, ADamagedStoreReplacesNothingAndNamesAnotherSnapshot) {
  Database(app()).run("UPDATE t SET body = hex(randomblob(100))");
  const std::string before = Program({"sh", "-c", "find repo/packs -type f"}, setting()).wait().out;
  must({"ingest", "app.db", "--time", "2026-11-21T02:00:00Z"});
  const std::string after = Program({"sh", "-c", "find repo/packs -type f"}, setting()).wait().out;
  std::istringstream lines(after);
  for (std::string pack; std::getline(lines, pack);) {
    if (before.find(pack) != std::string::npos) continue;
    std::string bytes = content_of(in_folder(pack));
    for (std::size_t at = 100; at < bytes.size() / 2; ++at) bytes[at] ^= 0x55;
    write_text(in_folder(pack), bytes);
  }
  const std::string here = content_of(app());
  const std::string complaint =
      refused(1, {"restore", "2026-11-21T02-00-00Z:app.db", "app.db", "--yes", "--no-safety"});
  expect_holds(complaint, std::string("passed is ") + kDay);
  EXPECT_TRUE(content_of(app()) == here);
  expect_alone();
}

TEST_F(RestoreSqlite, WithoutASafetySnapshotThereIsNoWayBack) {
  must(restore({"--yes", "--no-safety"}));
  expect_restored();
  EXPECT_EQ(names().size(), 1U);
  expect_holds(refused(1, {"restore", "--undo", "app.db", "--yes"}), "no safety snapshot");
}

TEST_F(RestoreSqlite, AFullDiskChangesNothing) {
  SmallDisk disk(400 << 10);
  const Path target = disk / "app.db";
  make_database(target, 20);
  disk.fill(40 << 10);
  const std::string before = content_of(target);
  const std::string complaint = refused(1, {"restore", source(), target, "--yes"});
  expect_holds(complaint, "No space left on device: nothing was replaced; 1 MiB are needed");
  EXPECT_EQ(safety(), "");
  EXPECT_TRUE(content_of(target) == before);
  EXPECT_EQ(names_in(disk.path()), (std::set<std::string>{"app.db", "filler"}));
  disk.empty();
  must({"restore", source(), target, "--yes"});
  EXPECT_EQ(rows(target), "500\n");
}

TEST_F(RestoreSqlite, AReadOnlyPlaceIsOneClearLine) {
  SmallDisk disk(400 << 10);
  const Path target = disk / "app.db";
  make_database(target, 20);
  ASSERT_EQ(::mount(nullptr, disk.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  expect_holds(refused(1, {"restore", source(), target, "--yes"}), "Read-only file system");
}

TEST_F(RestoreSqlite, WhatIsNoFileIsNeverReplaced) {
  std::filesystem::create_symlink(app(), in_folder("link.db"));
  std::filesystem::create_directories(in_folder("folder/app.db"));
  const std::string before = content_of(app());
  expect_holds(refused(1, {"restore", source(), "link.db", "--yes"}), "symbolic link");
  expect_holds(refused(1, {"restore", source(), "folder", "--yes"}), "no regular file");
  expect_holds(refused(1, {"restore", source(), "/dev/null", "--yes"}), "no regular file");
  std::filesystem::create_directory(in_folder("odd.db-wal"));
  expect_holds(refused(1, {"restore", source(), "odd.db", "--yes"}), "odd.db-wal");
  EXPECT_TRUE(content_of(app()) == before);
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RestoreSqlite, DatabasesInFoldersAreRestoredWithTheSameCare) {
  std::filesystem::create_directory(in_folder("srv"));
  const Path inside = in_folder("srv/data.db");
  make_wal_database(inside, 100);
  write_text(in_folder("srv/notes.txt"), "first");
  must({"ingest", "srv"});
  leave_in_wal(inside, 30);
  std::filesystem::remove_all(in_folder("srv/data.db.live"));
  write_text(in_folder("srv/notes.txt"), "second");
  {
    Database user(inside);
    user.run("SELECT count(*) FROM t");
    expect_holds(refused(11, {"restore", "latest:srv:srv", "srv", "--yes"}), "srv/data.db");
  }
  EXPECT_EQ(content_of(in_folder("srv/notes.txt")), "second");
  must({"restore", "latest:srv:srv", "srv", "--yes"});
  EXPECT_EQ(rows(inside), "100\n");
  EXPECT_EQ(query(inside, "PRAGMA journal_mode"), "wal\n");
  EXPECT_EQ(content_of(in_folder("srv/notes.txt")), "first");
  must({"restore", "--undo", "srv", "--yes"});
  EXPECT_EQ(rows(inside), "130\n");
  EXPECT_EQ(content_of(in_folder("srv/notes.txt")), "second");
}

TEST_F(RestoreSqlite, WhatAKilledRestoreLeftIsRemovedByTheNext) {
  write_text(in_folder(".varve-held-0123456789abcdef"), "half a database");
  must(restore({"--yes"}));
  expect_restored();
}

TEST_F(RestoreSqlite, MistakesAreStatusTwo) {
  expect_holds(refused(2, {"restore"}), "TARGET");
  expect_holds(refused(2, {"restore", "latest"}), "TARGET");
  refused(2, {"restore", "latest", "out", "--undo", "app.db"});
  refused(2, {"restore", "latest", "out", "--verify", "perhaps"});
  refused(2, {"restore", "latest", "out", "--table", "t"});
  refused(2, {"restore", "latest", "out", "--jobs", "2"});
}

}  // namespace
}  // namespace varve
