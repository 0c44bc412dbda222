#include "tools/restore/snapshot_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "fs/mount_table.h"
#include "store/core/error.h"
#include "tests/support/mounted_repository.h"
#include "tests/support/random_bytes.h"

namespace varve {
namespace {

class SnapshotFolderTest : public testing::Test {
 protected:
  SnapshotFolderTest() : dump_(random_bytes(7, 300'000)) {
    snapshot_ = made_.ingest({.files = {{.path = "shop.pgdump/toc.dat", .bytes = dump_},
                                        {.path = "other", .bytes = random_bytes(8, 100)}}});
  }

  MountedRepository made_;
  Bytes dump_;
  Snapshot snapshot_;
};

TEST_F(SnapshotFolderTest, IsAMountThatGoesWithIt) {
  Path path;
  {
    const SnapshotFolder folder(made_.repository(), snapshot_, {}, {.program = VARVE_BINARY});
    path = folder.path();
    EXPECT_TRUE(folder.is_mounted());
    EXPECT_TRUE(mounted_at(path));
    EXPECT_EQ(read_file(path / "shop.pgdump/toc.dat"), dump_);
    EXPECT_EQ(std::filesystem::status(path.parent_path()).permissions(),
              std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(mounted_at(path));
  EXPECT_FALSE(std::filesystem::exists(path.parent_path()));
}

TEST_F(SnapshotFolderTest, IsWrittenOutWhereNothingCanBeMounted) {
  const SnapshotFolder folder(made_.repository(), snapshot_, {},
                              {.program = "/bin/false", .part = "shop.pgdump"});
  EXPECT_FALSE(folder.is_mounted());
  EXPECT_EQ(read_file(folder.path() / "shop.pgdump/toc.dat"), dump_);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "other"));
}

TEST_F(SnapshotFolderTest, SaysBothReasonsWhereNeitherWorks) {
  std::filesystem::remove_all(made_.repository_path() / "packs");
  const auto repository = Repository::open(made_.repository_path());
  try {
    const SnapshotFolder folder(*repository, snapshot_, {},
                                {.program = VARVE_SOURCE_DIR "/README.md"});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("cannot start"), std::string::npos) << message;
    EXPECT_NE(message.find("missing"), std::string::npos) << message;
  }
}

TEST_F(SnapshotFolderTest, EndsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  try {
    const SnapshotFolder folder(made_.repository(), snapshot_, stop.get_token(),
                                {.program = VARVE_BINARY});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
}

}  // namespace
}  // namespace varve
