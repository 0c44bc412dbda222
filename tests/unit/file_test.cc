#include "store/core/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <set>

#include "store/core/error.h"
#include "tests/support/child.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_disk.h"
#include "tests/support/temp_folder.h"

namespace varve {
namespace {

std::set<std::string> names_in(const Path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

std::string content(const Path& path) { return std::string(as_text(read_file(path))); }

TEST(File, WritesAndReadsAnywhere) {
  const TempFolder folder;
  File file = File::create_new(folder / "a");
  file.write_all(as_bytes("hello "));
  file.write_all(as_bytes("world"));
  file.write_all_at(0, as_bytes("J"));
  EXPECT_EQ(file.size(), 11u);
  Bytes out(5);
  file.read_exact_at(6, out);
  EXPECT_EQ(as_text(out), "world");
  EXPECT_EQ(file.read_at(9, out), 2u);
  EXPECT_EQ(file.read_at(11, out), 0u);
  file.truncate(5);
  EXPECT_EQ(content(folder / "a"), "Jello");
}

TEST(File, ReadingBeyondTheEndIsDamage) {
  const TempFolder folder;
  File file = File::create_new(folder / "a");
  file.write_all(as_bytes("12345"));
  Bytes out(6);
  expect_error(ErrorCode::corrupt, (folder / "a").native(), [&] { file.read_exact_at(0, out); });
}

TEST(File, MissingOnes) {
  const TempFolder folder;
  expect_error(ErrorCode::io, (folder / "no").native(), [&] { File::open_read(folder / "no"); });
  EXPECT_FALSE(File::open_if_exists(folder / "no"));
  EXPECT_FALSE(File::open_if_exists(folder / "no" / "deeper"));
  EXPECT_FALSE(File::open_to_change(folder / "no"));
  EXPECT_FALSE(remove_file(folder / "no"));
}

TEST(File, CreateNewRefusesWhatExists) {
  const TempFolder folder;
  File::create_new(folder / "a").write_all(as_bytes("kept"));
  expect_error(ErrorCode::io, (folder / "a").native(), [&] { File::create_new(folder / "a"); });
  EXPECT_EQ(content(folder / "a"), "kept");
}

TEST(File, DescriptorsGoWithTheirOwnerAndNotToOtherPrograms) {
  const TempFolder folder;
  int number = -1;
  {
    File first = File::create_new(folder / "a");
    number = first.fd();
    EXPECT_EQ(::fcntl(number, F_GETFD), FD_CLOEXEC);
    File second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the question
    EXPECT_TRUE(second);
    second = File::create_new(folder / "b");
    EXPECT_EQ(::fcntl(number, F_GETFD), -1);
    number = second.fd();
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(File, ReadFileHasALimit) {
  const TempFolder folder;
  File::create_new(folder / "a").write_all(as_bytes("12345"));
  EXPECT_EQ(read_file(folder / "a", 5).size(), 5u);
  expect_error(ErrorCode::corrupt, (folder / "a").native(), [&] { read_file(folder / "a", 4); });
}

TEST(File, AFullDiskIsNoSpace) {
  SmallDisk disk(64 << 10);
  File file = File::create_new(disk / "a");
  expect_error(ErrorCode::no_space, (disk / "a").native(),
               [&] { file.write_all(Bytes(128 << 10)); });
  expect_error(ErrorCode::no_space, (disk / "b").native(),
               [&] { write_file_atomically(disk / "b", Bytes(1)); });
  EXPECT_EQ(names_in(disk.path()), std::set<std::string>{"a"});
}

TEST(MakeDirectory, ManyTimes) {
  const TempFolder folder;
  make_directory(folder / "d");
  make_directory(folder / "d");
  make_directory(folder / "d" / "");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "d"));
  File::create_new(folder / "f");
  expect_error(ErrorCode::io, (folder / "f").native(), [&] { make_directory(folder / "f"); });
}

TEST(AtomicFile, IsThereOnlyAfterPublish) {
  const TempFolder folder;
  AtomicFile file(folder / "a");
  file.file().write_all(as_bytes("text"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  file.publish();
  EXPECT_EQ(content(folder / "a"), "text");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"a"});
}

TEST(AtomicFile, WithoutPublishNothingStays) {
  const TempFolder folder;
  {
    AtomicFile file(folder / "a");
    file.file().write_all(as_bytes("text"));
    EXPECT_EQ(names_in(folder.path()).size(), 1u);
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(AtomicFile, RefusesOrReplacesWhatExists) {
  const TempFolder folder;
  write_file_atomically(folder / "a", as_bytes("first"));
  expect_error(ErrorCode::io, (folder / "a").native(),
               [&] { write_file_atomically(folder / "a", as_bytes("second")); });
  EXPECT_EQ(content(folder / "a"), "first");
  write_file_atomically(folder / "a", as_bytes("third"), AtomicFile::Over::replace);
  EXPECT_EQ(content(folder / "a"), "third");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"a"});
}

TEST(Temporary, IsRemovedOnlyWhenItsWriterIsGone) {
  const TempFolder folder;
  Signal ready;
  Signal die;
  Child writer([&]() -> int {
    const File left_behind = create_temporary(folder / "a");
    ready.send();
    die.await();
    ::_exit(0);  // as if killed: nobody cleans up
  });
  ready.await();
  const Path temporary = folder / *names_in(folder.path()).begin();
  EXPECT_TRUE(is_temporary(temporary));
  EXPECT_EQ(remove_abandoned(temporary), 0u);
  EXPECT_TRUE(std::filesystem::exists(temporary));
  die.send();
  EXPECT_EQ(writer.wait(), 0);
  File::open_to_change(temporary)->write_all(as_bytes("12345"));
  EXPECT_EQ(remove_abandoned(temporary), 5u);
  EXPECT_TRUE(names_in(folder.path()).empty());
  EXPECT_FALSE(is_temporary(folder / "a"));
}

TEST(RenameNew, NeverOverAnExistingName) {
  const TempFolder folder;
  write_file_atomically(folder / "a", as_bytes("a"));
  write_file_atomically(folder / "b", as_bytes("b"));
  EXPECT_FALSE(rename_new(folder / "a", folder / "b"));
  EXPECT_EQ(content(folder / "b"), "b");
  EXPECT_TRUE(rename_new(folder / "a", folder / "c"));
  EXPECT_EQ(content(folder / "c"), "a");
  EXPECT_THROW(rename_new(folder / "a", folder / "d"), Error);
}

}  // namespace
}  // namespace varve
