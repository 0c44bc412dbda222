// SIGINT and SIGTERM: status 130, one line, and the repository as it was.
#include <csignal>
#include <thread>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

class CliSignal : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 100);
    must({"ingest", "a.db"});
  }
  // A file that takes long to read and no space.
  std::string endless_file() const {
    const Path path = in_folder("endless");
    write_text(path, "");
    std::filesystem::resize_file(path, std::uintmax_t{200} << 30);
    return path;
  }
};

// Returns when the program has the signal blocked: from then on it ends in order.
void await_readiness(const Program& program, int signal) {
  const auto path = "/proc/" + std::to_string(program.pid()) + "/status";
  while (true) {
    std::ifstream status(path);
    ASSERT_TRUE(status) << "the program ended by itself";
    for (std::string line; std::getline(status, line);) {
      if (!line.starts_with("SigBlk:")) continue;
      const unsigned long long blocked = std::stoull(line.substr(7), nullptr, 16);
      if (((blocked >> (signal - 1)) & 1) != 0) return;
    }
    std::this_thread::yield();
  }
}

// Returns when the program says in a lock file that a source is its own.
void await_source_lock(const std::filesystem::path& repository, const Program& program) {
  const std::string holder = "pid " + std::to_string(program.pid()) + ",";
  while (true) {
    for (const auto& lock : std::filesystem::directory_iterator(repository / "locks")) {
      const bool is_of_source = lock.path().filename().native().starts_with("source-");
      if (is_of_source && content_of(lock.path()).starts_with(holder)) return;
    }
    std::this_thread::yield();
  }
}

TEST_F(CliSignal, AnInterruptedIngestLeavesNoSnapshot) {
  const std::string endless = endless_file();
  const std::string before = must({"list", "--json"});
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Program program(command({"ingest", "--raw", endless}), setting());
    await_readiness(program, signal);
    program.send(signal);
    const ProgramResult result = program.wait();
    EXPECT_EQ(result.status, 130) << result.err;
    EXPECT_EQ(result.out, "");
    expect_holds(result.err, "interrupted");
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(must({"list", "--json"}), before);
  }
  must({"check", "--read-data"});
  must({"gc"});
  must({"check", "--read-data"});
}

TEST_F(CliSignal, AKilledIngestLeavesNoSnapshotAndNoLock) {
  const std::string endless = endless_file();
  const std::string before = must({"list", "--json"});
  {
    Program program(command({"ingest", "--raw", endless}), setting());
    await_readiness(program, SIGINT);
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().status, -SIGKILL);
  }
  EXPECT_EQ(must({"list", "--json"}), before);
  must({"gc"});
  must({"check", "--read-data"});
  must({"ingest", "a.db", "--tag", "after"});
}

TEST_F(CliSignal, TheWaitForALockIsInterrupted) {
  Database holder(in_folder("a.db"));
  holder.run("UPDATE t SET body = '' WHERE id = 1; BEGIN EXCLUSIVE");
  Program program(command({"ingest", "a.db", "--busy-timeout", "1d"}), setting());
  await_readiness(program, SIGTERM);
  program.send(SIGTERM);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.status, 130) << result.err;
  expect_holds(result.err, "interrupted");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(CliSignal, TwoIngestsOfOneSourceDoNotMeet) {
  const std::string endless = endless_file();
  Program first(command({"ingest", "--raw", endless}), setting());
  await_source_lock(repository(), first);
  const ProgramResult second = varve({"ingest", "a.db", "--as", "endless"});
  EXPECT_EQ(second.status, 11) << second.err;
  expect_holds(second.err, "endless");
  must({"ingest", "a.db", "--tag", "another-source"});
  first.send(SIGTERM);
  EXPECT_EQ(first.wait().status, 130);
  must({"ingest", "a.db", "--as", "endless", "--tag", "afterwards"});
}

TEST_F(CliSignal, AReaderIsInterruptedToo) {
  // Standard output is a pipe that nobody reads, so the program cannot end by itself.
  make_database(in_folder("large.db"), 20000);
  must({"ingest", "large.db", "--verify", "none"});
  const std::string script = std::string("mkfifo pipe; exec 3<>pipe; '") + VARVE_BINARY +
                             "' cat latest:large.db >&3 & child=$!; head -c 1 <&3 >/dev/null; "
                             "kill -TERM $child; wait $child";
  const ProgramResult result = Program({"bash", "-c", script}, setting()).wait();
  EXPECT_EQ(result.status, 130) << result.err;
}

}  // namespace
}  // namespace varve
