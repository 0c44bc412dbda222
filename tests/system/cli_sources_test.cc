// varve ingest of commands, standard input, plain files and folders, several of them at once.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

namespace fs = std::filesystem;

class CliSources : public VarveProgram {
 protected:
  void SetUp() override { init(); }

  // Runs it, expects this status and a complaint with all `parts`, and no new snapshot.
  void expect_failed(int status, const Words& arguments, const Words& parts) const {
    const Words before = names();
    const std::string complaint = refused(status, arguments);
    for (const std::string& part : parts) expect_holds(complaint, part);
    EXPECT_EQ(names(), before);
  }
  Words warnings(const Words& arguments) const {
    Words with_json = arguments;
    with_json.emplace_back("--json");
    const ProgramResult result = varve(with_json);
    const Words found = Json::parse(result.out)["warnings"];
    EXPECT_EQ(result.status, found.empty() ? 0 : 3) << result.err;
    return found;
  }
  void make_folder(const std::string& name) const {
    fs::create_directories(in_folder(name) / "sub/empty");
    write_text(in_folder(name) / "index.html", "hello");
    write_text(in_folder(name) / "sub/.hidden", "secret");
    fs::create_symlink("../index.html", in_folder(name) / "sub/link");
    make_database(in_folder(name) / "sub/app.db", 100);
  }
};

TEST_F(CliSources, ACommandsOutputIsAFile) {
  must({"ingest", "--command", "printf 'CREATE %s' TABLE", "--as", "shop.sql"});
  EXPECT_EQ(must({"cat", "latest:shop.sql"}), "CREATE TABLE");
  EXPECT_EQ(must_json({"list"})["snapshots"][0]["sources"], Json({"shop.sql"}));
}

TEST_F(CliSources, PathsAndCommandsMixAndKeepTheirNames) {
  make_database(in_folder("a.db"), 100);
  write_text(in_folder("notes.txt"), "n");
  const Json json = must_json({"ingest", "a.db", "--as", "shop.db", "--command", "echo one", "--as",
                               "1.txt", "notes.txt", "--command", "echo two", "--as", "2.txt"});
  EXPECT_EQ(json["sources"], Json({"shop.db", "1.txt", "notes.txt", "2.txt"}));
  EXPECT_EQ(must({"cat", "latest:1.txt"}), "one\n");
  EXPECT_EQ(must({"cat", "latest:2.txt"}), "two\n");
}

TEST_F(CliSources, ACommandThatFailsAfterItWroteSomethingFailsAll) {
  make_database(in_folder("a.db"), 100);
  expect_failed(1,
                {"ingest", "a.db", "--command", "echo half; echo no such table >&2; exit 7", "--as",
                 "shop.sql"},
                {"shop.sql", "exit status 7", "no such table"});
  expect_failed(1, {"ingest", "--command", "echo half; kill -9 $$", "--as", "x"}, {"signal 9"});
  expect_failed(1, {"ingest", "--command", "no-such-program", "--as", "x"},
                {"exit status 127", "no-such-program"});
}

TEST_F(CliSources, AFailedCommandStopsTheOthers) {
  expect_failed(
      1,
      {"ingest", "--command", "sleep 1000", "--as", "slow", "--command", "exit 5", "--as", "bad"},
      {"bad", "exit status 5"});
}

TEST_F(CliSources, SilenceIsStoredWithAWarning) {
  const Words found = warnings({"ingest", "--command", "true", "--as", "empty.sql"});
  ASSERT_EQ(found.size(), 1U);
  expect_holds(found[0], "empty.sql");
  EXPECT_EQ(must({"cat", "latest:empty.sql"}), "");
}

TEST_F(CliSources, NothingOfACommandIsLeftWhenTheIngestIsStopped) {
  const fs::path pipe = in_folder("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string keeps_pipe_open =
      "exec 3> '" + pipe.native() + "'; echo s >&3; sleep 1000 & wait";
  Program program(command({"ingest", "--command", keeps_pipe_open, "--as", "x"}), setting());
  std::ifstream in(pipe);
  EXPECT_EQ(in.get(), 's');  // waits until the command writes
  program.send(SIGTERM);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  // The end comes when nobody has it open for writing any more.
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "\n");
  EXPECT_TRUE(names().empty());
}

TEST_F(CliSources, StandardInputIsAFile) {
  const std::string run = "echo piped | '" VARVE_BINARY "' ingest - --as in.txt";
  const ProgramResult result = Program({"/bin/sh", "-c", run}, setting()).wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(must({"cat", "latest:in.txt"}), "piped\n");
  refused(2, {"ingest", "-"});
}

TEST_F(CliSources, TheTextOfACommandIsNowhere) {
  must({"ingest", "--command", "true -psecret | echo hi", "--as", "x"});
  const std::string all = must({"list", "latest", "--json"});
  EXPECT_EQ(all.find("secret"), std::string::npos);
}

TEST_F(CliSources, AFolderIsASourceWithItsDatabasesProven) {
  make_folder("www");
  const Json json = must_json({"ingest", "www/"});
  EXPECT_EQ(json["sources"], Json({"www"}));
  EXPECT_EQ(json["files"], 3);
  EXPECT_EQ(json["verified"], "full");
  EXPECT_EQ(must({"cat", "latest:www/sub/.hidden"}), "secret");
  const Json files = must_json({"list", "latest"});
  EXPECT_EQ(files["attestations"][0]["row_counts"]["www/sub/app.db:t"], 100);
  EXPECT_EQ(must({"ingest", "www"}).find("nothing stored") == std::string::npos, false);
}

TEST_F(CliSources, OnlyWhatChangedInAFolderIsRead) {
  make_folder("www");
  must({"ingest", "www"});
  write_text(in_folder("www/index.html"), "hello again");
  const Json json = must_json({"ingest", "www"});
  EXPECT_EQ(json["read_bytes"], 11);
  EXPECT_EQ(json["files"], 3);
  EXPECT_EQ(json["verified"], "full");
}

TEST_F(CliSources, RestoredFoldersAreAsTheyWere) {
  make_folder("www");
  const fs::path page = in_folder("www/index.html");
  ASSERT_EQ(::chown(page.c_str(), 33, 34), 0);
  ASSERT_EQ(::chmod(page.c_str(), 04751), 0);
  const timespec times[] = {{1'600'000'000, 123'456'789}, {1'600'000'000, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, page.c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, in_folder("www/sub").c_str(), times, 0), 0);
  ASSERT_EQ(::chmod(in_folder("www/sub").c_str(), 0550), 0);
  must({"ingest", "www"});
  must({"restore", "latest:www:www", "out"});
  struct stat status {};
  ASSERT_EQ(::stat(in_folder("out/index.html").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 04751U);
  EXPECT_EQ(status.st_uid, 33U);
  EXPECT_EQ(status.st_gid, 34U);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123'456'789);
  ASSERT_EQ(::stat(in_folder("out/sub").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0550U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(fs::read_symlink(in_folder("out/sub/link")), "../index.html");
  EXPECT_TRUE(fs::is_empty(in_folder("out/sub/empty")));
  EXPECT_EQ(content_of(in_folder("out/sub/.hidden")), "secret");
}

TEST_F(CliSources, HolesAreRestoredAsHoles) {
  fs::create_directory(in_folder("vm"));
  write_text(in_folder("vm/disk.img"), "boot");
  fs::resize_file(in_folder("vm/disk.img"), 64u << 20);
  must({"ingest", "vm"});
  must({"restore", "latest", "out"});
  struct stat status {};
  ASSERT_EQ(::stat(in_folder("out/vm/disk.img").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 64 << 20);
  EXPECT_LT(status.st_blocks * 512, 1 << 20);
  EXPECT_EQ(content_of(in_folder("out/vm/disk.img")), content_of(in_folder("vm/disk.img")));
}

TEST_F(CliSources, ExcludedNamesStayOut) {
  make_folder("www");
  write_text(in_folder("www/a.tmp"), "t");
  must({"ingest", "www", "--exclude", "*.tmp", "--exclude", "/sub/empty/", "--exclude", "app.db"});
  const Json files = must_json({"list", "latest"})["files"];
  Words paths;
  for (const Json& file : files) paths.push_back(file["path"]);
  EXPECT_EQ(paths, (Words{"www", "www/index.html", "www/sub", "www/sub/.hidden", "www/sub/link"}));
}

TEST_F(CliSources, PipesAndSocketsArePassedOverWithAWarning) {
  make_folder("www");
  ASSERT_EQ(::mkfifo(in_folder("www/pipe").c_str(), 0600), 0);
  const Words found = warnings({"ingest", "www"});
  ASSERT_EQ(found.size(), 1U);
  expect_holds(found[0], "www/pipe");
  EXPECT_TRUE(warnings({"ingest", "www", "--exclude", "pipe"}).empty());
}

TEST_F(CliSources, TheRepositoryInAFolderIsPassedOver) {
  make_folder("www");
  fs::rename(repository(), in_folder("www/backup"));
  must({"-r", in_folder("www/backup"), "ingest", "www"});
  const Json files = must_json({"-r", in_folder("www/backup"), "list", "latest"})["files"];
  for (const Json& file : files) {
    EXPECT_FALSE(file["path"].get<std::string>().starts_with("www/backup")) << file;
  }
}

TEST_F(CliSources, NamesOfAnyBytesComeBack) {
  fs::create_directory(in_folder("odd"));
  const Words odd = {"line\nbreak", "caf\xe9", "back\\slash", " blank"};
  for (const std::string& name : odd) write_text(in_folder("odd") / name, name);
  must_json({"ingest", "odd"});
  EXPECT_EQ(must_json({"list", "latest"})["files"].size(), odd.size() + 1);
  must({"restore", "latest", "out"});
  for (const std::string& name : odd) EXPECT_EQ(content_of(in_folder("out/odd") / name), name);
}

TEST_F(CliSources, TwoSourcesThatWouldWriteOneFileAreRefused) {
  make_folder("www");
  write_text(in_folder("x"), "x");
  expect_failed(2, {"ingest", "www", "x", "--as", "www"}, {"www", "--as"});
}

TEST_F(CliSources, AFolderOrALinkIsNotWrittenToStandardOutput) {
  make_folder("www");
  must({"ingest", "www"});
  expect_holds(refused(2, {"cat", "latest:www/sub"}), "is a folder");
  expect_holds(refused(2, {"cat", "latest:www/sub/link"}), "is a symbolic link");
}

}  // namespace
}  // namespace varve
