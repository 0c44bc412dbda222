#include "tools/sources/folder_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/database.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_repository.h"
#include "tests/unit/collecting_builder.h"

namespace varve {
namespace {

namespace fs = std::filesystem;
using test::CollectingBuilder;
using test::content_of;
using test::write_content;

FolderSource::Options raw_options() {
  FolderSource::Options options;
  options.raw = true;
  return options;
}

class FolderSourceTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(root()); }
  Path root() const { return folder_ / "data"; }
  void write(const std::string& name, std::string_view text) const {
    write_content(root() / name, as_bytes(text));
  }
  FolderSource source(FolderSource::Options options = {}) const {
    return FolderSource(root(), "data", std::move(options));
  }
  // What an ingest does with a folder that it does not know.
  CollectingBuilder copy(const std::function<void()>& between = [] {}) const {
    FolderSource fresh = source();
    fresh.fingerprint();
    fresh.open();
    between();
    CollectingBuilder builder;
    fresh.copy(builder);
    return builder;
  }
  std::unique_ptr<FolderSource> make() const {
    return std::make_unique<FolderSource>(root(), "data", FolderSource::Options{});
  }

  TempFolder folder_;
};

TEST_F(FolderSourceTest, DescribesWhatItFinds) {
  write("a", "content");
  fs::create_directory(root() / "sub");
  fs::create_symlink("nowhere", root() / "sub/link");
  ASSERT_EQ(::chmod((root() / "a").c_str(), 02640), 0);
  const CollectingBuilder built = copy();
  EXPECT_EQ(built.described.size(), 4U);
  EXPECT_EQ(built.described.at("data").type, FileType::folder);
  const auto& file = built.described.at("data/a");
  EXPECT_EQ(file.mode, 02640U);
  EXPECT_EQ(file.owner, (Owner{::getuid(), ::getgid()}));
  EXPECT_EQ(as_text(built.files.at("data/a")), "content");
  EXPECT_EQ(built.described.at("data/sub/link").type, FileType::link);
  EXPECT_EQ(built.described.at("data/sub/link").target, "nowhere");
}

TEST_F(FolderSourceTest, ADatabaseIsTakenWithItsLogAndWithoutTheFilesBesideIt) {
  Database live(root() / "app.bin");
  live.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a)");
  live.run("INSERT INTO t VALUES('in the log alone')");
  ASSERT_TRUE(fs::exists(root() / "app.bin-wal"));
  const CollectingBuilder built = copy();
  EXPECT_EQ(built.files.size(), 1U);
  EXPECT_EQ(built.described.at("data/app.bin").format, "sqlite");
  EXPECT_EQ(built.described.at("data/app.bin").facts.at("journal_mode"), "wal");
  EXPECT_NE(as_text(built.files.at("data/app.bin")).find("in the log alone"), std::string::npos);
}

TEST_F(FolderSourceTest, ANameThatOnlyLooksLikeALogIsAFile) {
  write("notes", "plain");
  write("notes-wal", "plain too");
  EXPECT_EQ(copy().files.size(), 2U);
}

TEST_F(FolderSourceTest, ADatabaseIsOfTheMomentOfOpen) {
  make_database(root() / "app.db", 10);
  Database(root() / "app.db").run("PRAGMA journal_mode=WAL");
  const CollectingBuilder built =
      copy([&] { Database(root() / "app.db").run("INSERT INTO t VALUES(99, 'too late')"); });
  EXPECT_EQ(as_text(built.files.at("data/app.db")).find("too late"), std::string::npos);
}

TEST_F(FolderSourceTest, WhatVanishesIsPassedOverWithAWarning) {
  write("a", "a");
  write("b", "b");
  const CollectingBuilder built = copy([&] { fs::remove(root() / "a"); });
  EXPECT_EQ(built.files.size(), 1U);
  ASSERT_EQ(built.warnings.size(), 1U);
  EXPECT_NE(built.warnings[0].find("data/a vanished"), std::string::npos) << built.warnings[0];
}

TEST_F(FolderSourceTest, ALinkThatTakesAFoldersPlaceLeadsNowhere) {
  fs::create_directory(folder_ / "secrets");
  write_content(folder_ / "secrets/key", as_bytes("secret"));
  fs::create_directory(root() / "sub");
  write("sub/key", "harmless");
  const CollectingBuilder built = copy([&] {
    fs::remove_all(root() / "sub");
    fs::create_directory_symlink(folder_ / "secrets", root() / "sub");
  });
  EXPECT_TRUE(built.files.empty());
  EXPECT_EQ(built.warnings.size(), 1U);
}

TEST_F(FolderSourceTest, TheFingerprintFollowsNamesModesAndContent) {
  write("a", "1");
  const Bytes first = source().fingerprint();
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(source().fingerprint(), first);
  write("a", "2");
  const Bytes changed = source().fingerprint();
  EXPECT_NE(changed, first);
  ASSERT_EQ(::chmod((root() / "a").c_str(), 0600), 0);
  const Bytes other_mode = source().fingerprint();
  EXPECT_NE(other_mode, changed);
  fs::rename(root() / "a", root() / "b");
  EXPECT_NE(source().fingerprint(), other_mode);
}

TEST_F(FolderSourceTest, ACommitInALogChangesTheFingerprintAndReadingDoesNot) {
  Database live(root() / "app.db");
  live.run("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a)");
  const Bytes before = source().fingerprint();
  live.run("SELECT * FROM t");
  EXPECT_EQ(source().fingerprint(), before);
  live.run("INSERT INTO t VALUES(1)");
  EXPECT_NE(source().fingerprint(), before);
}

TEST_F(FolderSourceTest, OnlyChangedFilesAreReadAgain) {
  TestRepository repository;
  write("a", "first");
  write("b", "stays");
  make_database(root() / "app.db", 10);
  repository.take(make());
  write("a", "second");
  Database(root() / "app.db").run("INSERT INTO t VALUES(99, 'new')");

  const Snapshot last = *repository->latest_of("data");
  FolderSource again = source();
  again.continue_from(last);
  again.fingerprint();
  again.open();
  CollectingBuilder builder;
  again.copy(builder);
  EXPECT_EQ(builder.kept, std::vector<std::string>{"data/b"});
  EXPECT_EQ(builder.files.size(), 2U);
}

TEST_F(FolderSourceTest, KeptFilesComeBack) {
  TestRepository repository;
  write("a", "first");
  write("b", std::string(100'000, 'b'));
  repository.take(make());
  write("a", "second");
  const Snapshot second = repository.take(make());
  EXPECT_EQ(as_text(read_whole(*repository, *second.find("data/a"))), "second");
  EXPECT_EQ(read_whole(*repository, *second.find("data/b")), content_of(root() / "b"));
  repository.expect_sound();
}

TEST_F(FolderSourceTest, AFreshFileIsReadAgain) {
  TestRepository repository;
  write("a", "1");
  repository.take(make());
  // Its stamp is set back to a time at which nothing was known of it.
  write("a", "2");
  const timespec times[] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root() / "a").c_str(), times, 0), 0);
  const Snapshot second = repository.take(make());
  EXPECT_EQ(as_text(read_whole(*repository, *second.find("data/a"))), "2");
}

TEST_F(FolderSourceTest, RawTakesEverythingAsItLies) {
  make_database(root() / "app.db", 10);
  Database live(root() / "app.db");
  live.run("PRAGMA journal_mode=WAL; CREATE TABLE u(a)");
  FolderSource raw = source(raw_options());
  raw.fingerprint();
  raw.open();
  CollectingBuilder builder;
  raw.copy(builder);
  EXPECT_TRUE(builder.files.contains("data/app.db-wal"));
  EXPECT_EQ(builder.described.at("data/app.db").format, "");
}

TEST_F(FolderSourceTest, AMissingFolderIsNamed) {
  fs::remove_all(root());
  FolderSource missing = source();
  expect_error(ErrorCode::failed, root().native(), [&] { missing.fingerprint(); });
}

}  // namespace
}  // namespace varve
