#include "tools/sources/file_stamp.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"

namespace varve {
namespace {

using namespace std::chrono_literals;

FileStamp stamp_at(std::chrono::nanoseconds written, std::chrono::nanoseconds changed) {
  FileStamp stamp;
  stamp.written = written;
  stamp.changed = changed;
  return stamp;
}

TEST(FileStamp, SettlesTwoTicksAfterTheLaterOfItsTimes) {
  const FileStamp stamp = stamp_at(100s + 3ns, 100s + 5ms);
  EXPECT_FALSE(is_settled(stamp, 100s + 5ms));
  EXPECT_FALSE(is_settled(stamp, 100s + 25ms));
  EXPECT_TRUE(is_settled(stamp, 100s + 26ms));
}

TEST(FileStamp, WholeSecondsTakeTwoSeconds) {
  const FileStamp stamp = stamp_at(100s, 99s);
  EXPECT_FALSE(is_settled(stamp, 102s));
  EXPECT_TRUE(is_settled(stamp, 102s + 1ns));
}

TEST(FileStamp, TimesInTheFutureDoNotSettle) {
  EXPECT_FALSE(is_settled(stamp_at(100s + 1ns, 500s + 1ns), 200s));
  EXPECT_FALSE(is_settled(stamp_at(500s + 1ns, 100s + 1ns), 200s));
}

TEST(FileStamp, NothingForNoFile) {
  const TempFolder folder;
  EXPECT_FALSE(stamp_of(folder / "absent"));
}

TEST(FileStamp, TellsWritesApart) {
  const TempFolder folder;
  const Path path = folder / "file";
  test::write_content(path, as_bytes("one"));
  const auto first = stamp_of(path);
  EXPECT_EQ(stamp_of(path), first);
  test::write_content(path, as_bytes("other"));
  EXPECT_NE(stamp_of(path), first);
}

// The look that counts is the one that comes after the last write's tick.
TEST(SettledIdentity, LooksAgainWhereAShortWaitSettlesIt) {
  int looks = 0;
  const std::chrono::nanoseconds written = system_time();
  const Bytes identity = settled_identity([&] {
    ++looks;
    return StampedIdentity{Bytes(static_cast<std::size_t>(looks)), {stamp_at(written, 3ns)}};
  });
  EXPECT_EQ(looks, 2);
  EXPECT_EQ(identity.size(), 2U);
}

TEST(SettledIdentity, IsEmptyWhileWritersGoOn) {
  int looks = 0;
  const Bytes identity = settled_identity([&] {
    ++looks;
    return StampedIdentity{Bytes(7), {stamp_at(system_time(), 3ns)}};
  });
  EXPECT_EQ(looks, 2);
  EXPECT_TRUE(identity.empty());
}

TEST(SettledIdentity, DoesNotWaitForWhatIsSettledOrFarFromIt) {
  int looks = 0;
  const auto look_at = [&](std::chrono::nanoseconds written) {
    return settled_identity([&, written] {
      ++looks;
      return StampedIdentity{Bytes(7), {stamp_at(written, 3ns)}};
    });
  };
  EXPECT_EQ(look_at(1000s + 1ns).size(), 7U);
  EXPECT_EQ(looks, 1);
  EXPECT_TRUE(look_at(system_time() + 1h).empty());
  EXPECT_EQ(looks, 2);
}

}  // namespace
}  // namespace varve
