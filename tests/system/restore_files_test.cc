// varve restore of plain files and patterns, and of RDB files.
#include "tests/support/redis_server.h"
#include "tests/system/restore_program.h"

namespace varve {
namespace {

class RestoreFiles : public RestoreProgram {
 protected:
  void SetUp() override {
    init();
    std::filesystem::create_directories(in_folder("www/news/old"));
    for (const char* name : {"www/index.html", "www/a.css", "www/news/1.html", "www/news/2.html",
                             "www/news/old/0.html"}) {
      write_text(in_folder(name), name);
    }
    must({"ingest", "www", "--time", "2026-11-20T02:00:00Z"});
  }
  std::set<std::string> restored(const std::string& pattern) const {
    std::filesystem::remove_all(in_folder("out"));
    must({"restore", "latest:" + pattern, "out"});
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(in_folder("out"))) {
      if (entry.is_regular_file()) found.insert(entry.path().lexically_relative(in_folder("out")));
    }
    return found;
  }
  using Set = std::set<std::string>;
};

TEST_F(RestoreFiles, PatternsPickFiles) {
  EXPECT_EQ(restored("www/*.html"), (Set{"index.html"}));
  EXPECT_EQ(restored("www/news/[12].html"), (Set{"1.html", "2.html"}));
  EXPECT_EQ(restored("www/**/*.html"),
            (Set{"index.html", "news/1.html", "news/2.html", "news/old/0.html"}));
  EXPECT_EQ(restored("www/n?ws"), (Set{"news/1.html", "news/2.html", "news/old/0.html"}));
  EXPECT_EQ(restored("*/a.css"), (Set{"www/a.css"}));
  expect_holds(refused(1, {"restore", "latest:www/*.pdf", "out"}), "*.pdf");
}

// "app/app": the names do not tell whether a file or a folder was replaced.
TEST_F(RestoreFiles, AFolderWithAFileOfItsNameComesBackBelowIt) {
  std::filesystem::create_directory(in_folder("app"));
  write_text(in_folder("app/app"), "one");
  write_text(in_folder("app/x"), "two");
  write_text(in_folder("x"), "somebody else's");
  must({"ingest", "app"});
  write_text(in_folder("app/app"), "changed");
  write_text(in_folder("app/x"), "changed too");
  must({"restore", "latest:app", "app", "--yes"});
  EXPECT_EQ(content_of(in_folder("app/app")), "one");
  must({"restore", "--undo", "app", "--yes"});
  EXPECT_EQ(content_of(in_folder("app/app")), "changed");
  EXPECT_EQ(content_of(in_folder("app/x")), "changed too");
  EXPECT_EQ(content_of(in_folder("x")), "somebody else's");
  must({"list"});
}

TEST_F(RestoreFiles, DatabasesAsPlainFilesAreSavedOnceEach) {
  std::filesystem::create_directory(in_folder("raw"));
  make_database(in_folder("raw/x.db"), 10);
  write_text(in_folder("raw/x.db-wal"), "");
  must({"ingest", "raw", "--raw"});
  write_text(in_folder("raw/x.db-wal"), "rubbish");
  must({"restore", "latest:raw", "raw", "--yes"});
  must({"restore", "--undo", "raw", "--yes"});
}

TEST_F(RestoreFiles, AFileCalledLikeAPatternIsThatFile) {
  write_text(in_folder("www/[1].html"), "odd");
  must({"ingest", "www"});
  must({"restore", "latest:www/[1].html", "odd.html"});
  EXPECT_EQ(content_of(in_folder("odd.html")), "odd");
}

TEST_F(RestoreFiles, AFileThatIsReplacedIsSavedAndComesBack) {
  write_text(in_folder("www/index.html"), "changed");
  expect_holds(refused(1, {"restore", "latest:www/index.html", "www/index.html"}), "--yes");
  must({"restore", "latest:www/index.html", "www/index.html", "--yes"});
  EXPECT_EQ(content_of(in_folder("www/index.html")), "www/index.html");
  must({"restore", "--undo", "www/index.html", "--yes"});
  EXPECT_EQ(content_of(in_folder("www/index.html")), "changed");
}

TEST_F(RestoreFiles, AFolderOverItselfSavesWhatItReplaces) {
  write_text(in_folder("www/news/1.html"), "changed");
  std::filesystem::remove(in_folder("www/a.css"));
  write_text(in_folder("www/new.html"), "not in the snapshot");
  const std::string out = must({"restore", "latest:www:www", "www", "--yes", "--dry-run"});
  expect_holds(out, "www/a.css");
  EXPECT_FALSE(std::filesystem::exists(in_folder("www/a.css")));
  must({"restore", "2026-11-20:www", "www", "--yes"});
  EXPECT_EQ(content_of(in_folder("www/news/1.html")), "www/news/1.html");
  EXPECT_EQ(content_of(in_folder("www/a.css")), "www/a.css");
  EXPECT_EQ(content_of(in_folder("www/new.html")), "not in the snapshot");
  must({"restore", "--undo", "www", "--yes"});
  EXPECT_EQ(content_of(in_folder("www/news/1.html")), "changed");
}

TEST_F(RestoreFiles, LinksThatAreReplacedAreSavedAndComeBack) {
  const auto link_to = [&](const std::string& path, const std::string& to) {
    std::filesystem::remove(in_folder(path));
    std::filesystem::create_symlink(to, in_folder(path));
  };
  link_to("www/link", "a.css");
  link_to("www/once", "a.css");
  must({"ingest", "www"});
  link_to("www/link", "elsewhere");
  std::filesystem::remove(in_folder("www/once"));
  write_text(in_folder("www/once"), "precious");
  write_text(in_folder("www/a.css"), "changed");
  must({"restore", "latest:www:www", "www", "--yes"});
  EXPECT_EQ(std::filesystem::read_symlink(in_folder("www/link")), "a.css");
  EXPECT_EQ(std::filesystem::read_symlink(in_folder("www/once")), "a.css");
  must({"restore", "--undo", "www", "--yes"});
  EXPECT_EQ(std::filesystem::read_symlink(in_folder("www/link")), "elsewhere");
  EXPECT_FALSE(std::filesystem::is_symlink(in_folder("www/once")));
  EXPECT_EQ(content_of(in_folder("www/once")), "precious");
  EXPECT_EQ(content_of(in_folder("www/a.css")), "changed");
  must({"restore", "--undo", "www", "--yes"});
  EXPECT_EQ(std::filesystem::read_symlink(in_folder("www/once")), "a.css");
  EXPECT_EQ(content_of(in_folder("www/a.css")), "www/a.css");
  expect_holds(refused(2, {"restore", "--undo", "www", "--yes", "--verify", "full"}), "--verify");
}

TEST_F(RestoreFiles, AFolderAndALinkToItAreOneTarget) {
  std::filesystem::create_directory_symlink("www", in_folder("link"));
  const Path page = in_folder("www/index.html");
  const std::pair<const char*, const char*> both_ways[] = {{"link", "www"}, {"www/", "link/"}};
  for (const auto& [restored, undone] : both_ways) {
    write_text(page, restored);
    must({"restore", "2026-11-20:www", restored, "--yes"});
    EXPECT_EQ(content_of(page), "www/index.html");
    must({"restore", "--undo", undone, "--yes"});
    EXPECT_EQ(content_of(page), restored);
  }
  EXPECT_TRUE(std::filesystem::is_symlink(in_folder("link")));
}

TEST_F(RestoreFiles, ARedisServerThatRunsThereKeepsAnUndoOut) {
  RedisServer server;
  server.cli("SET a 1");
  must({"ingest", server.uri(), "--as", "cache"});
  server.cli("SET a 2; until redis-cli -s " + server.socket().native() +
             " SAVE | grep -q OK; do sleep 0.1; done");  // the ingest's own may not be over yet
  server.kill();
  must({"restore", "latest:cache:cache.rdb", server.rdb(), "--yes"});
  const std::string socket = in_folder("again.sock");
  Program again({"redis-server", "--port", "0", "--unixsocket", socket, "--dir",
                 server.folder().native(), "--save", ""},
                setting());
  while (!std::filesystem::exists(socket)) {
    ASSERT_TRUE(again.runs()) << again.wait().err;
    ::usleep(10'000);
  }
  const ProgramResult refusal = varve({"restore", "--undo", server.rdb(), "--yes"});
  EXPECT_EQ(refusal.status, 11);
  expect_holds(refusal.err, "would write over dump.rdb: stop it first");
  again.send(SIGTERM);
  again.wait();
  must({"restore", "--undo", server.rdb(), "--yes"});
  EXPECT_EQ(RedisServer({}, server.rdb()).cli("GET a"), "2");
}

TEST_F(RestoreFiles, ARedisServerThatRunsThereIsRefusedWithTheSteps) {
  RedisServer server;
  server.cli("DEBUG POPULATE 1000");
  must({"ingest", server.uri(), "--as", "cache"});
  const std::string digest = server.digest();
  const ProgramResult refusal = varve({"restore", "latest:cache:cache.rdb", server.rdb(), "--yes"});
  EXPECT_EQ(refusal.status, 11);
  expect_holds(refusal.err, fmt::format("(pid {})", server.pid()));
  for (const char* part : {"CONFIG GET appendonly", "CONFIG SET save \"\"", "appendonlydir",
                           "CONFIG SET appendonly yes"}) {
    expect_holds(refusal.out, part);
  }
  const ProgramResult steps = varve({"restore", "latest:cache:cache.rdb", "redis://localhost"});
  EXPECT_EQ(steps.status, 1);
  expect_holds(steps.out, "redis://localhost:6379");
  server.cli("FLUSHALL; redis-cli -s " + server.socket().native() + " SAVE");
  server.kill();
  must({"restore", "latest:cache:cache.rdb", server.rdb(), "--yes"});
  EXPECT_EQ(RedisServer({}, server.rdb()).digest(), digest);
}

TEST_F(RestoreFiles, AnAppendOnlyFileBesideAnRdbFileIsAWarning) {
  const RedisServer server;
  server.cli("SET a 1");
  must({"ingest", server.uri(), "--as", "cache"});
  std::filesystem::create_directories(in_folder("redis/appendonlydir"));
  write_text(in_folder("redis/appendonlydir/appendonly.aof.manifest"), "file");
  const ProgramResult result = varve({"restore", "latest:cache:cache.rdb", "redis/dump.rdb"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "appendonlydir");
  EXPECT_TRUE(std::filesystem::exists(in_folder("redis/dump.rdb")));
}

}  // namespace
}  // namespace varve
