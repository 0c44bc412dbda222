// Where a drill restores to, and what it finds of those that were killed.
#include "tools/drill/drill_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "store/core/error.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

class DrillFolderTest : public testing::Test {
 protected:
  DrillFolderTest() { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
  ~DrillFolderTest() override { ::unsetenv("TMPDIR"); }

  // As a killed drill leaves it.
  Path abandoned() const {
    const Path folder = folder_ / "varve-drill-abc123";
    std::filesystem::create_directories(folder / "data");
    std::ofstream(folder / "lock") << "pid 1";
    return folder;
  }

  TempFolder folder_;
};

TEST_F(DrillFolderTest, IsGoneAtTheEnd) {
  Path path;
  {
    const DrillFolder folder;
    path = folder.path();
    EXPECT_EQ(path.parent_path(), folder_.path());
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0711U);
    std::ofstream(path / "file") << "x";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(DrillFolderTest, ClearsAwayWhatAKilledOneLeft) {
  const Path left = abandoned();
  const DrillFolder folder;
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(DrillFolderTest, LeavesWhatIsInUse) {
  const DrillFolder first;
  const DrillFolder second;
  EXPECT_TRUE(std::filesystem::exists(first.path()));
  EXPECT_NE(first.path(), second.path());
}

TEST_F(DrillFolderTest, EndsTheProcessesOfAKilledOne) {
  const Path left = abandoned();
  ProgramSetting setting;
  setting.folder = left / "data";
  Program inside({"sleep", "1000"}, setting);
  setting.folder = folder_.path();
  Program outside({"sleep", "1000"}, setting);
  while (std::filesystem::read_symlink("/proc/" + std::to_string(inside.pid()) + "/cwd") !=
         left / "data") {
  }
  const DrillFolder folder;
  EXPECT_EQ(inside.wait().status, -SIGKILL);
  EXPECT_EQ(::kill(outside.pid(), 0), 0);
}

TEST_F(DrillFolderTest, SaysHowMuchSpaceIsMissing) {
  const DrillFolder folder;
  folder.require_space(1, "shop");
  try {
    folder.require_space(1ULL << 60, "shop");
    FAIL() << "there cannot be so much";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_space);
    const std::string words = error.what();
    EXPECT_NE(
        words.find("the drill of shop needs about 1099511627777 MiB in " + folder_.path().native()),
        std::string::npos)
        << words;
    EXPECT_NE(words.find("TMPDIR"), std::string::npos) << words;
  }
}

}  // namespace
}  // namespace varve
