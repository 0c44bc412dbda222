#include "tools/sources/plain_file_source.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::write_content;

Bytes some_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251);
  return bytes;
}

TEST(PlainFileSource, HandsOverTheFile) {
  const TempFolder folder;
  for (const std::size_t size : {0UL, 1UL, 65536UL, 300'001UL}) {
    const Path path = folder / "dump.sql";
    write_content(path, some_bytes(size));
    PlainFileSource source(path, "dump.sql");
    const test::Copied copied = test::copy_of(source);
    EXPECT_EQ(copied.bytes, some_bytes(size));
    EXPECT_TRUE(copied.warnings.empty());
  }
}

TEST(PlainFileSource, DescribesTheFile) {
  const TempFolder folder;
  const Path path = folder / "dump.sql";
  write_content(path, some_bytes(10));
  fs::permissions(path, fs::perms(0600));
  PlainFileSource source(path, "name");
  source.open();
  test::CollectingBuilder builder;
  const SourceInfo info = source.copy(builder);
  const SnapshotBuilder::NewFile& file = builder.described.at("name");
  EXPECT_EQ(file.mode, 0600U);
  EXPECT_EQ(file.chunking, Chunking::content);
  EXPECT_EQ(file.size_hint, 10U);
  EXPECT_EQ(info.kind, "file");
  EXPECT_EQ(info.location, path.string());
}

TEST(PlainFileSource, WarnsOfAFileThatGrowsAndTakesWhatItHadAtFirst) {
  const TempFolder folder;
  const Path path = folder / "log";
  write_content(path, some_bytes(100));
  PlainFileSource source(path, "log");
  source.open();
  write_content(path, some_bytes(500));
  test::CollectingBuilder builder;
  source.copy(builder);
  EXPECT_EQ(builder.files.at("log"), some_bytes(100));
  ASSERT_EQ(builder.warnings.size(), 1U);
  EXPECT_NE(builder.warnings[0].find(path.string()), std::string::npos);
}

TEST(PlainFileSource, WarnsOfAFileThatIsCutShort) {
  const TempFolder folder;
  const Path path = folder / "log";
  write_content(path, some_bytes(100));
  PlainFileSource source(path, "log");
  source.open();
  write_content(path, some_bytes(30));
  test::CollectingBuilder builder;
  source.copy(builder);
  EXPECT_EQ(builder.files.at("log"), some_bytes(30));
  EXPECT_EQ(builder.warnings.size(), 1U);
}

TEST(PlainFileSource, FingerprintFollowsTheFile) {
  const TempFolder folder;
  const Path path = folder / "file";
  write_content(path, some_bytes(100));
  PlainFileSource source(path, "file");
  const Bytes before = source.fingerprint();
  EXPECT_FALSE(before.empty());
  EXPECT_EQ(source.fingerprint(), before);
  write_content(path, some_bytes(100));
  EXPECT_NE(source.fingerprint(), before);
}

std::string format_of(const Path& path, PlainFileSource::Looks looks) {
  PlainFileSource source(path, "file", looks);
  source.open();
  test::CollectingBuilder builder;
  source.copy(builder);
  return builder.described.at("file").format;
}

TEST(PlainFileSource, ARedisServersFileIsKnownByItsFirstBytes) {
  using namespace std::string_view_literals;
  const TempFolder folder;
  const Path path = folder / "file";
  const std::pair<std::string_view, std::string> files[] = {{"REDIS0011\xfa\x09redis-ver"sv, "rdb"},
                                                            {"REDIS0008\xfa\x0c"
                                                             "aof-preamble\xc0\x00"sv,
                                                             "rdb"},
                                                            {"REDIS0008\xfa\x0c"
                                                             "aof-preamble\xc0\x01"sv,
                                                             ""},
                                                            {"REDIS001"sv, ""},
                                                            {"REDIS is a server"sv, ""},
                                                            {""sv, ""}};
  for (const auto& [bytes, format] : files) {
    write_content(path, as_bytes(bytes));
    EXPECT_EQ(format_of(path, PlainFileSource::Looks::yes), format) << bytes;
    EXPECT_EQ(format_of(path, PlainFileSource::Looks::no), "") << bytes;
  }
}

TEST(PlainFileSource, AFileThatIsNotToBeLookedIntoIsAnotherOne) {
  const TempFolder folder;
  const Path path = folder / "file";
  write_content(path, some_bytes(100));
  EXPECT_NE(PlainFileSource(path, "file", PlainFileSource::Looks::yes).fingerprint(),
            PlainFileSource(path, "file").fingerprint());
}

}  // namespace
}  // namespace varve
