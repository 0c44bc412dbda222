// What stands where on the mount, and what it looks like to the programs that look.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "store/gc/forget.h"
#include "tests/support/mounted_repository.h"
#include "tests/support/random_bytes.h"

namespace varve {
namespace {

constexpr Timestamp kFirst{1'795'226'400};   // 2026-11-21T02:00:00Z
constexpr Timestamp kSecond{1'795'312'800};  // 2026-11-22T02:00:00Z

MemoryFile text_file(const std::string& path, std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return {path, Bytes(bytes.begin(), bytes.end()), Chunking::content};
}

// Two snapshots: a "database" with a folder beside it, then the database changed and tagged.
class MountTree : public testing::Test {
 protected:
  void SetUp() override {
    const Bytes database = random_bytes(300'000, 1);
    MemoryFile dump = text_file("shop.pgdump/data/1.dat", "one\n");
    dump.mode = 0640;
    first_ = store_.ingest({"history.db",
                            {{"history.db", database},
                             text_file("shop.pgdump/toc.dat", "table of contents\n"),
                             std::move(dump),
                             {"empty", {}}},
                            {},
                            kFirst});
    second_ = store_.ingest(
        {"history.db", {{"history.db", with_changes(database, 20, 2)}}, {"monthly"}, kSecond});
    ASSERT_NO_FATAL_FAILURE(store_.mount());
  }

  std::string output(const std::string& command) {
    const ShellResult result = store_.in_mount(command);
    EXPECT_EQ(result.status, 0) << command << '\n' << result.output;
    return result.output;
  }

  MountedRepository store_;
  Snapshot first_;
  Snapshot second_;
};

TEST_F(MountTree, WhatARestoreReplacedIsNotTheLatest) {
  store_.ingest({.source = "history.db.pre-restore",
                 .files = {{.path = "history.db.pre-restore/history.db", .bytes = Bytes(10)}},
                 .tags = {"pre-restore"},
                 .time = Timestamp{2'000'000'000}});
  EXPECT_EQ(output("ls | wc -l"), "6\n");
  EXPECT_EQ(output("readlink latest"), "2026-11-22T02-00-00Z\n");
}

TEST_F(MountTree, HasAFolderForEachSnapshotAndTheWaysToThem) {
  EXPECT_EQ(output("ls"),
            "2026-11-21T02-00-00Z\n2026-11-22T02-00-00Z\nby-source\nby-tag\nlatest\n");
  EXPECT_EQ(output("find . -type l -printf '%p -> %l\\n' | sort"),
            "./by-source/history.db/2026-11-21T02-00-00Z -> ../../2026-11-21T02-00-00Z\n"
            "./by-source/history.db/2026-11-22T02-00-00Z -> ../../2026-11-22T02-00-00Z\n"
            "./by-source/history.db/latest -> 2026-11-22T02-00-00Z\n"
            "./by-tag/monthly/2026-11-22T02-00-00Z -> ../../2026-11-22T02-00-00Z\n"
            "./by-tag/monthly/latest -> 2026-11-22T02-00-00Z\n"
            "./latest -> 2026-11-22T02-00-00Z\n");
  EXPECT_EQ(output("cd 2026-11-21T02-00-00Z && find . -type f -printf '%P\\n' | sort"),
            "SHA256SUMS\nempty\nhistory.db\nshop.pgdump/data/1.dat\nshop.pgdump/toc.dat\n"
            "snapshot.json\n");
  EXPECT_EQ(output("cat by-source/history.db/2026-11-21T02-00-00Z/shop.pgdump/toc.dat"),
            "table of contents\n");
  EXPECT_EQ(output("cmp latest/history.db by-tag/monthly/latest/history.db"), "");
}

TEST_F(MountTree, SaysThatWhatIsNotThereIsNotThere) {
  EXPECT_EQ(store_.in_mount("cat nothing").output, "cat: nothing: No such file or directory\n");
  EXPECT_EQ(store_.in_mount("cat latest/nothing").output,
            "cat: latest/nothing: No such file or directory\n");
  EXPECT_EQ(store_.in_mount("cat latest/history.db/deeper").output,
            "cat: latest/history.db/deeper: Not a directory\n");
  EXPECT_EQ(store_.in_mount("cat latest").output, "cat: latest: Is a directory\n");
}

TEST_F(MountTree, GivesEverythingTheSnapshotsTimeAndNoWriteBits) {
  EXPECT_EQ(
      output("TZ=UTC find 2026-11-21T02-00-00Z -printf '%M %TY-%Tm-%Td %TH:%TM:%.2TS %s %P\\n'"
             " | grep -v snapshot.json | sort -k5"),
      "dr-xr-xr-x 2026-11-21 02:00:00 0 \n"
      "-r--r--r-- 2026-11-21 02:00:00 324 SHA256SUMS\n"
      "-r--r--r-- 2026-11-21 02:00:00 0 empty\n"
      "-r--r--r-- 2026-11-21 02:00:00 300000 history.db\n"
      "dr-xr-xr-x 2026-11-21 02:00:00 0 shop.pgdump\n"
      "dr-xr-xr-x 2026-11-21 02:00:00 0 shop.pgdump/data\n"
      "-r--r----- 2026-11-21 02:00:00 4 shop.pgdump/data/1.dat\n"
      "-r--r--r-- 2026-11-21 02:00:00 18 shop.pgdump/toc.dat\n");
}

TEST_F(MountTree, LetsTheOptionsSayWhoOwnsWhat) {
  store_.unmount();
  ASSERT_NO_FATAL_FAILURE(store_.mount("ro,uid=1234,gid=4321,umask=077"));
  EXPECT_EQ(output("stat -c '%u %g %a' latest/history.db 2026-11-21T02-00-00Z"),
            "1234 4321 400\n1234 4321 500\n");
}

TEST_F(MountTree, KeepsInodeNumbersOverARemount) {
  const std::string all = "find . -printf '%i %p\\n' | sort -k2";
  const std::string before = output(all);
  EXPECT_EQ(output("find . -mindepth 1 -printf '%i\\n' | sort | uniq -d"), "");
  store_.unmount();
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  EXPECT_EQ(output(all), before);
}

TEST_F(MountTree, ProvesItselfBySha256sum) {
  const std::string good =
      "empty: OK\nhistory.db: OK\nshop.pgdump/data/1.dat: OK\nshop.pgdump/toc.dat: OK\n";
  EXPECT_EQ(output("cd 2026-11-21T02-00-00Z && sha256sum -c SHA256SUMS"), good);
  EXPECT_EQ(output("stat -c %s latest/SHA256SUMS; wc -c < latest/SHA256SUMS"), "77\n77\n");
}

TEST_F(MountTree, IsCopiedByTheUsualPrograms) {
  const std::string copies = quoted(store_.scratch("copies"));
  EXPECT_EQ(output("mkdir " + copies + " && cp -a 2026-11-21T02-00-00Z " + copies + "/cp"), "");
  EXPECT_EQ(output("diff -r 2026-11-21T02-00-00Z " + copies + "/cp"), "");
  EXPECT_EQ(output("cd " + copies + "/cp && sha256sum --quiet -c SHA256SUMS"), "");
  EXPECT_EQ(output("rsync -a --checksum 2026-11-21T02-00-00Z/ " + copies + "/rsync"), "");
  EXPECT_EQ(output("diff -r 2026-11-21T02-00-00Z " + copies + "/rsync"), "");
  EXPECT_EQ(output("tar -cf - 2026-11-21T02-00-00Z | tar -df -"), "");
  EXPECT_EQ(output("du -s --apparent-size -b latest/history.db"), "300000\tlatest/history.db\n");
}

TEST_F(MountTree, HasTheFactsInExtendedAttributes) {
  const std::string sum = output("sha256sum < latest/history.db").substr(0, 64);
  // Copied along by cp -a, so listed only once it is known.
  EXPECT_EQ(output("getfattr -d -m user latest/history.db"),
            "# file: latest/history.db\nuser.varve.source=\"history.db\"\n"
            "user.varve.verified=\"none\"\n\n");
  EXPECT_EQ(output("getfattr --only-values -n user.varve.sha256 latest/history.db"), sum);
  EXPECT_EQ(output("getfattr -d -m user latest/history.db"),
            "# file: latest/history.db\nuser.varve.sha256=\"" + sum +
                "\"\nuser.varve.source=\"history.db\"\nuser.varve.verified=\"none\"\n\n");
  EXPECT_EQ(store_.in_mount("getfattr -n user.other latest/history.db").output,
            "latest/history.db: user.other: No such attribute\n");
}

TEST_F(MountTree, DescribesTheSnapshotInJsonAndKeepsItCurrent) {
  auto json = nlohmann::json::parse(output("cat latest/snapshot.json"));
  EXPECT_EQ(json["name"], "2026-11-22T02-00-00Z");
  EXPECT_EQ(json["time"], "2026-11-22T02:00:00Z");
  EXPECT_EQ(json["tags"], nlohmann::json::array({"monthly"}));
  EXPECT_EQ(json["sources"][0]["location"], "/memory/history.db");
  EXPECT_EQ(json["files"][0]["size"], 300000);
  EXPECT_EQ(json["verified"], "none");

  Attestation attestation;
  attestation.source = attestation.file = "history.db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.time = kSecond;
  attestation.program = "test";
  attestation.row_counts = {{"users", 7}};
  store_.repository().attest(second_.id, {attestation});
  json = nlohmann::json::parse(output("cat latest/snapshot.json"));
  EXPECT_EQ(json["verified"], "full");
  EXPECT_EQ(json["sources"][0]["row_counts"]["users"], 7);
  EXPECT_EQ(output("stat -c %s latest/snapshot.json"), output("wc -c < latest/snapshot.json"));
  EXPECT_EQ(output("getfattr --only-values -n user.varve.verified latest/history.db"), "full");
}

TEST_F(MountTree, RefusesEveryChange) {
  const auto refused = [&](const std::string& command) {
    const ShellResult result = store_.in_mount(command);
    EXPECT_NE(result.status, 0) << command;
    EXPECT_NE(result.output.find("Read-only file system"), std::string::npos) << result.output;
  };
  refused("touch latest/history.db");
  refused("touch new");
  refused("rm -f latest/history.db");
  refused("rm -rf 2026-11-21T02-00-00Z");
  refused("mkdir latest/folder");
  refused("mv latest/history.db latest/other.db");
  refused("chmod u+w latest/history.db");
  refused("chown 1 latest/history.db");
  refused("ln -s a b");
  refused("ln latest/history.db latest/b");
  refused("truncate -s 0 latest/history.db");
  refused("echo x >> latest/history.db");
  refused("setfattr -n user.a -v b latest/history.db");
  refused("sqlite3 latest/new.db 'create table t(a)' || touch latest/new.db");
}

TEST_F(MountTree, SaysHowMuchSpaceTheRepositoryHas) {
  EXPECT_EQ(
      output("df --output=size,itotal . | tail -1"),
      shell("df --output=size,itotal " + quoted(store_.repository_path()) + " | tail -1").output);
  EXPECT_EQ(output("df --output=source,fstype . | tail -1"),
            store_.repository_path().native() + " fuse.varve\n");
}

TEST_F(MountTree, ShowsOneSourceAlone) {
  store_.ingest({"orders.db", {text_file("orders.db", "orders")}, {}, kSecond});
  store_.unmount();
  ASSERT_NO_FATAL_FAILURE(store_.mount("source=orders.db"));
  EXPECT_EQ(output("ls . latest/ by-source"),
            ".:\n2026-11-22T02-00-00Z.2\nby-source\nby-tag\nlatest\n\n"
            "by-source:\norders.db\n\nlatest/:\nSHA256SUMS\norders.db\nsnapshot.json\n");
}

TEST_F(MountTree, ShowsOneSnapshotAloneAtTheMountPoint) {
  store_.unmount();
  ASSERT_NO_FATAL_FAILURE(store_.mount("snapshot=2026-11-21"));
  EXPECT_EQ(output("ls"), "SHA256SUMS\nempty\nhistory.db\nshop.pgdump\nsnapshot.json\n");
  EXPECT_EQ(output("sha256sum --quiet -c SHA256SUMS"), "");
  forget(store_.repository(), {first_.id});
  EXPECT_EQ(store_.varve("gc").status, 0);
  EXPECT_EQ(output("sha256sum --quiet -c SHA256SUMS && cat shop.pgdump/data/1.dat"), "one\n");
}

TEST_F(MountTree, NamesSnapshotsInLocalTimeIfAsked) {
  store_.unmount();
  const ShellResult mounted =
      shell("TZ=Asia/Kolkata " VARVE_BINARY " -r " + quoted(store_.repository_path()) +
            " mount -o local " + quoted(store_.mount_point()));
  ASSERT_EQ(mounted.status, 0) << mounted.output;
  EXPECT_EQ(output("ls -d 20* && readlink latest"),
            "2026-11-21T07-30-00+0530\n2026-11-22T07-30-00+0530\n2026-11-22T07-30-00+0530\n");
}

TEST_F(MountTree, EscapesLabelsThatAreNoFolderNames) {
  store_.ingest({"a/b", {text_file("x", "x")}, {"..", "50%"}, kSecond});
  EXPECT_EQ(output("ls by-source by-tag"),
            "by-source:\na%2Fb\nhistory.db\n\nby-tag:\n%2E%2E\n50%25\nmonthly\n");
  EXPECT_EQ(output("cat by-source/a%2Fb/latest/x by-tag/50%25/latest/x"), "xx");
}

TEST(EmptyMount, HasNoLatestUntilThereIsASnapshot) {
  MountedRepository store;
  ASSERT_NO_FATAL_FAILURE(store.mount());
  EXPECT_EQ(store.in_mount("ls").output, "by-source\nby-tag\n");
  EXPECT_NE(store.in_mount("ls latest").status, 0);
  store.ingest({"data", {text_file("a", "a")}});
  EXPECT_EQ(store.in_mount("ls latest/").output, "SHA256SUMS\na\nsnapshot.json\n");
}

}  // namespace
}  // namespace varve
