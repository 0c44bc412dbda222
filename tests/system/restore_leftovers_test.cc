// What a restore or an undo that was killed has staged: gone with the next one into that place, and
// never taken from one that is still at work.
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "tests/system/restore_program.h"

namespace varve {
namespace {

constexpr std::size_t kLarge = 24u << 20;  // bytes: staging them takes a while

class RestoreLeftovers : public RestoreProgram {
 protected:
  void SetUp() override {
    init();
    std::filesystem::create_directories(in_folder("www/deep"));
    write_text(in_folder("www/index.html"), "stored");
    write_text(in_folder("www/deep/large"), noise());
    must({"ingest", "www", "--verify", "quick"});
    write_text(in_folder("www/index.html"), "here");
  }
  static std::string noise() {
    std::mt19937_64 random(1);
    std::string bytes(kLarge, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  Program restoring() const { return {command(restore()), setting()}; }
  static Words restore() { return {"restore", "latest:www:www", "www", "--yes"}; }

  // Files and folders that somebody has staged in `folder`, with their guards.
  static std::set<std::string> staged_in(const Path& folder) {
    std::set<std::string> names = names_in(folder);
    std::erase_if(names, [](const std::string& name) { return !name.starts_with(".varve-"); });
    return names;
  }
  // True once it has staged something there besides a guard; false where it ended before.
  static bool await_staged(const Program& program, const Path& folder) {
    while (program.runs()) {
      if (staged_in(folder).size() > 1) return true;
      std::this_thread::yield();
    }
    return false;
  }
  void expect_clear() const {
    for (const char* folder : {".", "www", "www/deep"}) {
      EXPECT_EQ(staged_in(in_folder(folder)), std::set<std::string>{}) << folder;
    }
  }
};

TEST_F(RestoreLeftovers, OfAFolderTheNextRestoreRemovesThem) {
  {
    Program program = restoring();
    ASSERT_TRUE(await_staged(program, in_folder("www/deep")));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().status, -SIGKILL);
  }
  EXPECT_GT(staged_in(in_folder("www/deep")).size(), 1U);
  EXPECT_EQ(content_of(in_folder("www/index.html")), "here");
  must(restore());
  expect_clear();
  EXPECT_EQ(content_of(in_folder("www/index.html")), "stored");
}

TEST_F(RestoreLeftovers, OneThatIsStillAtWorkKeepsWhatItStaged) {
  Program slow = restoring();
  ASSERT_TRUE(await_staged(slow, in_folder("www/deep")));
  slow.send(SIGSTOP);
  const std::set<std::string> staged = staged_in(in_folder("www/deep"));
  must(restore());
  EXPECT_EQ(staged_in(in_folder("www/deep")), staged);
  slow.send(SIGCONT);
  const ProgramResult result = slow.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(content_of(in_folder("www/index.html")), "stored");
  expect_clear();
}

TEST_F(RestoreLeftovers, WhatIsOnlyCalledSoStays) {
  const std::set<std::string> others = {".varve-0123456789abcdef", ".varve-0123456789abcdef-1",
                                        ".varve-held-by-me", ".varve-notes"};
  for (const std::string& name : others) write_text(in_folder("www") / name, "somebody's");
  must(restore());
  EXPECT_EQ(staged_in(in_folder("www")), others);
}

TEST_F(RestoreLeftovers, OfAnUndoOfADatabaseInPartsTheNextUndoRemovesThem) {
  make_wal_database(app(), 100);
  must({"ingest", "app.db"});
  leave_in_wal(app(), 20'000);
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  const Words undo = {"restore", "--undo", "app.db", "--yes"};
  {
    Program program(command(undo), setting());
    ASSERT_TRUE(await_staged(program, folder()));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().status, -SIGKILL);
  }
  ASSERT_FALSE(staged_in(folder()).empty());
  EXPECT_EQ(rows(app()), "100\n");
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  EXPECT_EQ(staged_in(folder()), std::set<std::string>{});
}

}  // namespace
}  // namespace varve
