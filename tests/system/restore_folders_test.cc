// varve restore over folders that are there: they keep their owners, and nobody may do more in
// them.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/system/restore_program.h"

namespace varve {
namespace {

constexpr uid_t kNobody = 65534;

class RestoreFolders : public RestoreProgram {
 protected:
  void SetUp() override {
    init();
    std::filesystem::create_directories(in_folder("fm/priv"));
    write_text(in_folder("fm/priv/f"), "stored");
  }
  struct stat status_of(const std::string& path) const {
    struct stat status {};
    EXPECT_EQ(::stat(in_folder(path).c_str(), &status), 0) << path;
    return status;
  }
  void describe(const std::string& path, uid_t owner, mode_t mode) const {
    ASSERT_EQ(::chown(in_folder(path).c_str(), owner, owner), 0) << path;
    ASSERT_EQ(::chmod(in_folder(path).c_str(), mode), 0) << path;
  }
  void expect_described(const std::string& path, uid_t owner, mode_t mode) const {
    const struct stat status = status_of(path);
    EXPECT_EQ(status.st_uid, owner) << path;
    EXPECT_EQ(status.st_gid, owner) << path;
    EXPECT_EQ(status.st_mode & 07777, mode) << path;
  }
  void restore() const { must({"restore", "latest:fm:fm", "fm", "--yes"}); }
};

TEST_F(RestoreFolders, WhatIsThereKeepsItsOwnerAndBecomesNoWider) {
  describe("fm", 0, 0755);
  describe("fm/priv", 0, 0755);
  must({"ingest", "fm"});
  const struct stat stored = status_of("fm/priv");
  describe("fm", kNobody, 0750);
  describe("fm/priv", kNobody, 0700);
  write_text(in_folder("fm/priv/f"), "changed");
  restore();
  EXPECT_EQ(content_of(in_folder("fm/priv/f")), "stored");
  EXPECT_EQ(status_of("fm/priv").st_mtime, stored.st_mtime);
  expect_described("fm", kNobody, 0750);
  expect_described("fm/priv", kNobody, 0700);
  must({"restore", "--undo", "fm", "--yes"});
  EXPECT_EQ(content_of(in_folder("fm/priv/f")), "changed");
  expect_described("fm", kNobody, 0750);
  expect_described("fm/priv", kNobody, 0700);
}

TEST_F(RestoreFolders, ItBecomesNarrowerWhereTheStoredOneWas) {
  describe("fm/priv", 0, 0750);
  must({"ingest", "fm"});
  describe("fm/priv", kNobody, 0775);
  restore();
  expect_described("fm/priv", kNobody, 0750);
}

// Without that bit everybody could remove everybody's files.
TEST_F(RestoreFolders, WhoMayRemoveFilesAndWhoseGroupTheyHaveStays) {
  describe("fm/priv", 0, 0777);
  must({"ingest", "fm"});
  describe("fm/priv", 0, 03777);
  restore();
  expect_described("fm/priv", 0, 03777);
}

TEST_F(RestoreFolders, WhatIsMadeIsAsRecorded) {
  describe("fm/priv", kNobody, 02770);
  must({"ingest", "fm"});
  std::filesystem::remove_all(in_folder("fm/priv"));
  restore();
  expect_described("fm/priv", kNobody, 02770);
  must({"restore", "latest:fm:fm", "copy"});
  expect_described("copy/priv", kNobody, 02770);
}

}  // namespace
}  // namespace varve
