// varve restore --undo of files, links and folders: what is there is replaced itself, and what is
// only called like a database's companion is left alone.
#include <sys/stat.h>

#include "tests/system/restore_program.h"

namespace varve {
namespace {

class RestoreUndoFiles : public RestoreProgram {
 protected:
  void SetUp() override {
    init();
    std::filesystem::create_directories(in_folder("app/data"));
    write_text(in_folder("app/f"), "stored");
  }
  void link_to(const std::string& path, const std::string& to) const {
    std::filesystem::remove(in_folder(path));
    std::filesystem::create_symlink(to, in_folder(path));
  }
  void write_over(const std::string& path, const std::string& text) const {
    std::filesystem::remove(in_folder(path));
    write_text(in_folder(path), text);
  }
  void restore(const std::string& path) const {
    must({"restore", "latest:" + path, path, "--yes"});
  }
  void undo(const std::string& path) const { must({"restore", "--undo", path, "--yes"}); }
  void expect_link(const std::string& path, const std::string& to) const {
    ASSERT_TRUE(std::filesystem::is_symlink(in_folder(path))) << path;
    EXPECT_EQ(std::filesystem::read_symlink(in_folder(path)), to) << path;
  }
  void expect_file(const std::string& path, const std::string& text) const {
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(in_folder(path))))
        << path;
    EXPECT_EQ(content_of(in_folder(path)), text) << path;
  }
  void expect_nothing_went_through_a_link() const {
    EXPECT_EQ(names_in(in_folder("app/data")), (std::set<std::string>{}));
  }
};

TEST_F(RestoreUndoFiles, LinksThatNobodyChangedAreNotInTheWay) {
  link_to("app/current", "data");
  link_to("app/dangling", "nowhere");
  link_to("app/file", "f");
  must({"ingest", "app"});
  write_text(in_folder("app/f"), "changed");
  must({"restore", "latest:app:app", "app", "--yes"});
  expect_file("app/f", "stored");
  for (const char* text : {"changed", "stored", "changed"}) {
    undo("app");
    expect_file("app/f", text);
    expect_link("app/current", "data");
    expect_link("app/dangling", "nowhere");
    expect_link("app/file", "f");
  }
  expect_nothing_went_through_a_link();
}

TEST_F(RestoreUndoFiles, ALinkToAFolderAndAFileTakeTurns) {
  link_to("app/was-file", "data");
  link_to("app/was-other", "data");
  link_to("app/was-dangling", "data");
  must({"ingest", "app"});
  write_over("app/was-file", "precious");
  link_to("app/was-other", "/");
  link_to("app/was-dangling", "nowhere");
  must({"restore", "latest:app:app", "app", "--yes"});
  const auto expect_stored = [&] {
    for (const char* name : {"was-file", "was-other", "was-dangling"}) {
      expect_link(std::string("app/") + name, "data");
    }
  };
  const auto expect_changed = [&] {
    expect_file("app/was-file", "precious");
    expect_link("app/was-other", "/");
    expect_link("app/was-dangling", "nowhere");
  };
  expect_stored();
  undo("app");
  expect_changed();
  undo("app");
  expect_stored();
  undo("app");
  expect_changed();
  expect_nothing_went_through_a_link();
}

// Its path is that of the folder, too.
TEST_F(RestoreUndoFiles, ALinkToAFolderIsUndoneByItself) {
  write_text(in_folder("app/data/f"), "stored");
  link_to("app/current", "data");
  must({"ingest", "app"});
  write_over("app/current", "precious");
  restore("app/current");
  expect_link("app/current", "data");
  undo("app/current");
  expect_file("app/current", "precious");
  undo("app/current");
  expect_link("app/current", "data");
  write_text(in_folder("app/data/f"), "changed");
  must({"restore", "latest:app:app/data", "app/current", "--yes"});
  expect_file("app/data/f", "stored");
  undo("app/current");
  expect_file("app/data/f", "changed");
  expect_link("app/current", "data");
}

TEST_F(RestoreUndoFiles, AFolderOrADeviceIsNeverReplaced) {
  must({"ingest", "app"});
  write_text(in_folder("app/f"), "changed");
  must({"restore", "latest:app:app", "app", "--yes"});
  std::filesystem::remove(in_folder("app/f"));
  std::filesystem::create_directory(in_folder("app/f"));
  expect_holds(refused(1, {"restore", "--undo", "app", "--yes"}), "no regular file");
  std::filesystem::remove(in_folder("app/f"));
  ASSERT_EQ(::mkfifo(in_folder("app/f").c_str(), 0600), 0);
  expect_holds(refused(1, {"restore", "--undo", "app", "--yes"}), "no regular file");
  std::filesystem::remove(in_folder("app/f"));
  undo("app");
  expect_file("app/f", "changed");
}

TEST_F(RestoreUndoFiles, AFolderIsNoDatabaseOfAFileBesideIt) {
  std::filesystem::create_directory(in_folder("app/work"));
  write_text(in_folder("app/work-journal"), "stored");
  must({"ingest", "app"});
  write_text(in_folder("app/work-journal"), "changed");
  must({"restore", "latest:app:app", "app", "--yes"});
  undo("app");
  expect_file("app/work-journal", "changed");
  undo("app");
  expect_file("app/work-journal", "stored");
}

TEST_F(RestoreUndoFiles, AFolderIsNoCompanionOfAFileBesideIt) {
  std::filesystem::create_directories(in_folder("app/f-journal/2026"));
  must({"ingest", "app"});
  write_text(in_folder("app/f"), "changed");
  restore("app/f");
  undo("app/f");
  expect_file("app/f", "changed");
  EXPECT_TRUE(std::filesystem::is_directory(in_folder("app/f-journal/2026")));
}

TEST_F(RestoreUndoFiles, AFolderIsNoCompanionOfADatabaseEither) {
  make_database(app(), 10);
  must({"ingest", "app.db"});
  Database(app()).run("DELETE FROM t");
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  for (const Path& companion : {wal(), journal()}) std::filesystem::create_directory(companion);
  undo("app.db");
  for (const Path& companion : {wal(), journal()}) {
    EXPECT_TRUE(std::filesystem::remove(companion)) << companion;
  }
  EXPECT_EQ(rows(app()), "0\n");
}

// "f-journal" is somebody's text: only a database's goes when that is replaced.
TEST_F(RestoreUndoFiles, AFileCalledLikeACompanionOfATextStays) {
  write_text(in_folder("app/f-journal"), "diary");
  must({"ingest", "app"});
  write_text(in_folder("app/f"), "changed");
  restore("app/f");
  undo("app/f");
  expect_file("app/f", "changed");
  expect_file("app/f-journal", "diary");
  write_text(in_folder("app/f-journal"), "changed diary");
  restore("app/f-journal");
  expect_file("app/f-journal", "diary");
  undo("app/f-journal");
  expect_file("app/f-journal", "changed diary");
}

TEST_F(RestoreUndoFiles, TextsCalledLikeADatabaseAndItsJournalComeBackByteForByte) {
  for (const char* name : {"app/empty", "app/f-journal", "app/empty-journal"}) {
    write_text(in_folder(name), "stored");
  }
  must({"ingest", "app"});
  write_over("app/empty", "");
  for (const char* name : {"app/f", "app/f-journal", "app/empty-journal"}) {
    write_text(in_folder(name), "changed");
  }
  must({"restore", "latest:app:app", "app", "--yes"});
  undo("app");
  expect_file("app/empty", "");
  for (const char* name : {"app/f", "app/f-journal", "app/empty-journal"}) {
    expect_file(name, "changed");
  }
}

}  // namespace
}  // namespace varve
