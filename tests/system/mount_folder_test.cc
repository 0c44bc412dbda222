// A folder that was ingested, as the mount shows it: what rsync would find there is what was there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/database.h"
#include "tests/support/mounted_repository.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

class MountFolder : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root() / "sub/empty");
    write("index.html", "hello");
    write("sub/caf\xe9\nx", "odd");
    fs::create_symlink("../index.html", root() / "sub/link");
    fs::create_symlink("/nowhere", root() / "dangling");
    make_database(root() / "app.db", 10);
    fs::resize_file(root() / "index.html", 1 << 20);  // a hole
    const timespec times[] = {{1'600'000'000, 123'456'789}, {1'600'000'000, 123'456'789}};
    ::utimensat(AT_FDCWD, (root() / "index.html").c_str(), times, 0);
    ASSERT_EQ(::chown((root() / "index.html").c_str(), 33, 34), 0);
    ASSERT_EQ(::chmod((root() / "index.html").c_str(), 0750), 0);
    ASSERT_EQ(::chmod((root() / "sub").c_str(), 0711), 0);
    const ShellResult result = store_.varve("ingest " + root().native());
    ASSERT_EQ(result.status, 0) << result.output;
  }

  Path root() const { return store_.scratch("www"); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(root() / name, std::ios::binary) << text;
  }
  std::string output(const std::string& command) {
    const ShellResult result = store_.in_mount("cd latest && " + command);
    EXPECT_EQ(result.status, 0) << command << '\n' << result.output;
    return result.output;
  }

  MountedRepository store_;
};

TEST_F(MountFolder, HasTheContentLinksAndEmptyFolders) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  output("diff -r --no-dereference www '" + root().native() + "'");
  EXPECT_EQ(output("readlink www/sub/link www/dangling"), "../index.html\n/nowhere\n");
  EXPECT_EQ(output("ls -A www/sub/empty"), "");
}

TEST_F(MountFolder, ShowsModesTimesAndOwners) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  EXPECT_EQ(output("stat -c '%a %u:%g %.9Y %s' www/index.html"),
            "550 33:34 1600000000.123456789 1048576\n");
  EXPECT_EQ(output("stat -c '%a' www/sub"), "511\n");
}

TEST_F(MountFolder, GivesEverythingToWhoWasAskedFor) {
  ASSERT_NO_FATAL_FAILURE(store_.mount("uid=12,gid=13"));
  EXPECT_EQ(output("stat -c '%u:%g' www/index.html"), "12:13\n");
}

TEST_F(MountFolder, ItsSumsHoldAndItsDatabaseOpens) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  output("sha256sum -c --quiet SHA256SUMS");
  EXPECT_EQ(output("sqlite3 www/app.db 'SELECT count(*) FROM t'"), "10\n");
}

TEST_F(MountFolder, CopyingOutKeepsWhatItWas) {
  ASSERT_NO_FATAL_FAILURE(store_.mount());
  const Path copy = store_.scratch("copy");
  output("cp -a www '" + copy.native() + "'");
  struct stat status {};
  ASSERT_EQ(::stat((copy / "index.html").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 33U);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123'456'789);
}

}  // namespace
}  // namespace varve
