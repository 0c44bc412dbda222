// The configuration and its copy.
#include "store/repository/config_files.h"

#include <gtest/gtest.h>

#include "store/core/error.h"
#include "tests/support/expect_error.h"
#include "tests/support/test_repository.h"

namespace varve {
namespace {

class ConfigFilesTest : public testing::Test {
 protected:
  ConfigFilesTest() { repository_.close(); }
  Path config() const { return repository_.path() / "config"; }
  Path copy() const { return repository_.path() / "config.copy"; }
  static void flip(const Path& path, std::uint64_t offset) {
    File file = *File::open_to_change(path);
    std::byte byte{};
    file.read_exact_at(offset, std::span(&byte, 1));
    byte ^= std::byte{0xff};
    file.write_all_at(offset, std::span(&byte, 1));
  }
  CheckResult repair() { return check(*Repository::open(repository_.path()), {.repair = true}); }

  TestRepository repository_;
  const Bytes bytes_ = read_file(config());
};

TEST_F(ConfigFilesTest, EveryByteOfEitherFlippedAlone) {
  ASSERT_EQ(read_file(copy()), bytes_);
  for (const Path& path : {config(), copy()}) {
    for (std::uint64_t at = 0; at < bytes_.size(); ++at) {
      flip(path, at);
      EXPECT_EQ(encode_config(read_config(repository_.path())), bytes_);
      ASSERT_EQ(check_config(repository_.path()).size(), 1u);
      EXPECT_EQ(mend_config(repository_.path()).size(), 1u);
      EXPECT_EQ(read_file(config()), bytes_);
      EXPECT_EQ(read_file(copy()), bytes_);
    }
  }
}

TEST_F(ConfigFilesTest, CheckTellsAndMends) {
  std::filesystem::resize_file(config(), 3);
  const CheckResult found = check(*Repository::open(repository_.path()), {});
  ASSERT_EQ(found.damage.size(), 1u);
  EXPECT_TRUE(found.damage.front().is_mendable);
  EXPECT_EQ(repair().mended, std::vector<std::string>{"config"});
  EXPECT_TRUE(repair().mended.empty());
}

// Mended in place: whoever has it open holds his lock on it.
TEST_F(ConfigFilesTest, TheLockStaysWhereItIs) {
  const auto open = Repository::open(repository_.path());
  flip(config(), 20);
  mend_config(repository_.path());
  expect_error(ErrorCode::locked, "in use", [&] { Repository::lock_alone(repository_.path()); });
}

TEST_F(ConfigFilesTest, ALostOneIsBroughtBack) {
  std::filesystem::remove(config());
  expect_error(ErrorCode::no_repository, "check --repair",
               [&] { Repository::open(repository_.path()); });
  bring_back_config(repository_.path());
  EXPECT_EQ(read_file(config()), bytes_);
}

TEST_F(ConfigFilesTest, OfBothDamagedTheFirstIsTold) {
  flip(config(), 30);
  flip(copy(), 30);
  expect_error(ErrorCode::corrupt, "config", [&] { Repository::open(repository_.path()); });
}

TEST_F(ConfigFilesTest, GcGivesAnOldRepositoryItsCopy) {
  std::filesystem::remove(copy());
  EXPECT_TRUE(check_config(repository_.path()).empty());
  repository_.reopen();
  repository_.gc();
  EXPECT_EQ(read_file(copy()), bytes_);
}

TEST_F(ConfigFilesTest, ParityIsOfAVersionThatOlderOnesRefuse) {
  RepositoryConfig config = small_config();
  const Bytes without = encode_config(config);
  config.parity_percent = 5;
  const Bytes with = encode_config(config);
  EXPECT_EQ(without[8], std::byte{1});
  EXPECT_EQ(with[8], std::byte{2});
  EXPECT_EQ(decode_config(with).parity_percent, 5u);
  EXPECT_EQ(decode_config(without).parity_percent, 0u);
}

}  // namespace
}  // namespace varve
