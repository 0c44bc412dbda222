// A repository on a filesystem for reading, which is what a kernel makes of a disk that fails:
// everything that reads works, what would write says why it cannot.
#include <fmt/format.h>
#include <sys/mount.h>

#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

// The parameter: with a journal beside the catalog, as a disk that failed has one.
class ReadOnly : public VarveProgram, public testing::WithParamInterface<bool> {
 protected:
  void SetUp() override {
    const Path source = in_folder("real");
    must({"-r", source, "init"});
    Database(in_folder("a.db")).run("CREATE TABLE t(id INTEGER PRIMARY KEY, body)");
    Database(in_folder("a.db")).run("INSERT INTO t(body) VALUES('one'), ('two')");
    must({"-r", source, "ingest", "a.db", "--quiet", "--time", "2026-01-01"});
    if (GetParam()) leave_journal(source / "catalog.db");
    std::filesystem::create_directory(repository());
    const std::string place = repository().native();
    ASSERT_EQ(::mount(source.c_str(), place.c_str(), nullptr, MS_BIND, nullptr), 0);
    is_mounted_ = true;
    constexpr unsigned long kReadOnly = MS_REMOUNT | MS_BIND | MS_RDONLY;
    ASSERT_EQ(::mount(nullptr, place.c_str(), nullptr, kReadOnly, nullptr), 0);
  }
  void TearDown() override {
    if (is_mounted_) ::umount2(repository().c_str(), MNT_DETACH);
  }
  void leave_journal(const Path& catalog) const {
    const std::string away = (in_folder("away") / "").native();
    const ShellResult made = shell(fmt::format(
        "mkdir {2} && sqlite3 {0} \"PRAGMA wal_autocheckpoint=0; UPDATE meta SET value=value+1;\" "
        "\".shell cp {1}/catalog.db {1}/catalog.db-wal {2}\" && mv {2}/* {1}",
        catalog.native(), catalog.parent_path().native(), away));
    ASSERT_EQ(made.status, 0) << made.output;
    ASSERT_GT(std::filesystem::file_size(Path(catalog) += "-wal"), 0U);
  }

 private:
  bool is_mounted_ = false;
};

TEST_P(ReadOnly, WhatReadsWorks) {
  EXPECT_EQ(names(), Words{"2026-01-01T00-00-00Z"});
  must({"check", "--read-data"});
  must({"stats"});
  EXPECT_EQ(must({"cat", "latest"}).substr(0, 15), "SQLite format 3");
  must({"restore", "latest", "out", "--quiet"});
  const ShellResult same =
      shell(fmt::format("cd {} && cmp a.db out/a.db", quoted(folder().native())));
  EXPECT_EQ(same.status, 0) << same.output;
}

TEST_P(ReadOnly, AVerificationIsNotRecorded) {
  const ProgramResult result = varve({"verify", "latest", "--quiet"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("is on a read-only filesystem"), std::string::npos) << result.err;
}

TEST_P(ReadOnly, IsMounted) {
  std::filesystem::create_directory(in_folder("mnt"));
  must({"mount", in_folder("mnt")});
  EXPECT_TRUE(std::filesystem::exists(in_folder("mnt") / "2026-01-01T00-00-00Z" / "a.db"));
  must({"umount", in_folder("mnt")});
}

TEST_P(ReadOnly, WhatWritesSaysWhyItCannot) {
  for (const Words& words : {Words{"ingest", "a.db"}, Words{"gc"}, Words{"repair", "packs"}}) {
    EXPECT_NE(refused(1, words).find("Read-only file system"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Journals, ReadOnly, testing::Bool());

}  // namespace
}  // namespace varve
