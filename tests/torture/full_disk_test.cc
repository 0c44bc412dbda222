// A repository on a real filesystem of 64 MB that fills up to its last block: an ingest fails in so
// many words, what is stored stays and can be read, and forget and gc give space back from nothing,
// time and again, without being told how.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/program.h"
#include "tests/support/shell.h"
#include "tests/support/temp_folder.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

using Json = nlohmann::json;

// An ext4 in a file, mounted through a loop device while this lives. Takes root.
class LoopDisk {
 public:
  LoopDisk(std::size_t mebibytes, std::size_t block) {
    const std::string image = quoted(folder_ / "image");
    const std::string disk = quoted(path());
    const ShellResult made =
        shell(fmt::format("truncate -s {0}M {2} && mkfs.ext4 -q -m 0 -b {1} {2} && mkdir {3} && "
                          "mount -o loop {2} {3}",
                          mebibytes, block, image, disk));
    if (made.status != 0) throw std::runtime_error("no loop-mounted ext4: " + made.output);
  }
  ~LoopDisk() { shell("umount -l " + quoted(path())); }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  std::filesystem::path path() const { return folder_ / "disk"; }
  std::uintmax_t free_bytes() const { return std::filesystem::space(path()).available; }
  // Leaves some blocks at most, or none.
  void fill(bool whole) const {
    const std::string filler = quoted(path() / "filler");
    shell("cat /dev/zero > " + filler + "; sync");
    if (whole) shell("while head -c 1024 /dev/zero >> " + filler + "; do true; done; sync");
    ASSERT_LE(free_bytes(), whole ? 0U : 128u << 10);
  }

 private:
  TempFolder folder_;
};

struct Fullness {
  std::size_t block = 4096;  // of the filesystem, bytes
  bool whole = false;
  bool parity = false;
};
void PrintTo(const Fullness& fullness, std::ostream* out) {
  *out << "blocks of " << fullness.block << (fullness.whole ? ", none left" : ", some left")
       << (fullness.parity ? ", parity" : "");
}

class FullDisk : public testing::TestWithParam<Fullness> {
 protected:
  void SetUp() override {
    const Words init = GetParam().parity ? Words{"init", "--parity", "5%"} : Words{"init"};
    ASSERT_EQ(run(init).status, 0);
  }

  ProgramSetting setting() const {
    return {.folder = folder_.path(),
            .environment = {{"VARVE_REPO", disk_.path() / "repo"}, {"LC_ALL", "C"}},
            .standard_output = {}};
  }
  ProgramResult run(Words words) const {
    words.insert(words.begin(), VARVE_BINARY);
    return Program(words, setting()).wait();
  }
  // MiB that nothing shares: after some nights the disk is full.
  ProgramResult ingest(int night, std::size_t mebibytes = 8) {
    std::string bytes(mebibytes << 20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    std::ofstream(folder_ / "file", std::ios::binary) << bytes;
    ProgramResult result =
        run({"ingest", "file", "--verify", "none", "--time", fmt::format("2026-01-{:02}", night)});
    if (result.status == 0) stored_[fmt::format("2026-01-{:02}T00-00-00Z", night)] = bytes;
    return result;
  }
  std::set<std::string> names() const {
    const ProgramResult list = run({"list", "--json"});
    EXPECT_EQ(list.status, 0) << list.err;
    std::set<std::string> names;
    const Json parsed = Json::parse(list.out);
    for (const Json& one : parsed["snapshots"]) names.insert(one["name"].get<std::string>());
    return names;
  }
  void expect_all_there() const {
    EXPECT_EQ(names().size(), stored_.size());
    for (const auto& [name, bytes] : stored_) {
      EXPECT_TRUE(run({"cat", name}).out == bytes) << "other bytes in " << name;
    }
  }
  void forget_oldest() {
    const std::string name = stored_.begin()->first;
    const ProgramResult result = run({"forget", name});
    ASSERT_EQ(result.status, 0) << result.err;
    stored_.erase(name);
  }
  Program mount() const {
    std::filesystem::create_directories(point());
    return Program({VARVE_BINARY, "mount", "-f", point()}, setting());
  }
  void wait_for(Program& mount) const {
    while (!std::filesystem::exists(point() / stored_.rbegin()->first)) {
      ASSERT_TRUE(mount.runs()) << mount.wait().err;
      ::usleep(10'000);
    }
  }
  std::filesystem::path point() const { return folder_ / "mnt"; }
  // What one gc gives back is soon taken by others; the next one begins with nothing again.
  void fill_and_give_back(int rounds) {
    for (int round = 1; round <= rounds; ++round) {
      SCOPED_TRACE(fmt::format("round {}", round));
      disk_.fill(GetParam().whole);
      forget_oldest();
      disk_.fill(GetParam().whole);
      const ProgramResult result = run({"gc"});
      ASSERT_EQ(result.status, 0) << result.err;
      EXPECT_GT(disk_.free_bytes(), 1u << 20) << result.out;
      expect_all_there();
    }
  }

  LoopDisk disk_{64, GetParam().block};
  TempFolder folder_;
  std::mt19937_64 random_{chance()};
  std::map<std::string, std::string> stored_;  // by name
};

TEST_P(FullDisk, IsSurvivedAndGivesSpaceBackFromNothing) {
  int night = 1;
  ProgramResult result = ingest(night);
  while (result.status == 0) result = ingest(++night);
  ASSERT_GE(stored_.size(), 3U);
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.err.find("No space left on device"), std::string::npos) << result.err;
  expect_all_there();

  Program mount = this->mount();
  wait_for(mount);
  const std::string newest = stored_.rbegin()->first;

  disk_.fill(GetParam().whole);
  EXPECT_EQ(ingest(++night).status, 1);
  expect_all_there();
  {
    std::ifstream in(point() / newest / "file", std::ios::binary);
    EXPECT_TRUE(std::string(std::istreambuf_iterator<char>(in), {}) == stored_.at(newest));
  }

  forget_oldest();
  result = run({"gc"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_GT(disk_.free_bytes(), 7u << 20) << result.out;
  forget_oldest();
  EXPECT_EQ(run({"gc"}).status, 0);
  result = ingest(++night);
  EXPECT_EQ(result.status, 0) << result.err;
  expect_all_there();
  mount.send(SIGTERM);
  result = mount.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  result = run({"check", "--read-data"});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

TEST_P(FullDisk, IsNoDeadEndTheSecondTime) {
  int night = 1;
  while (ingest(night, 3).status == 0) ++night;
  ASSERT_GE(stored_.size(), 8U);
  fill_and_give_back(3);
  {
    Program mount = this->mount();
    wait_for(mount);
    fill_and_give_back(3);
    mount.send(SIGTERM);
    EXPECT_EQ(mount.wait().status, 0);
  }
  const ProgramResult result = run({"check", "--read-data"});
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

// Nobody else runs, so nothing is locked, however many threads want the last bytes.
TEST_P(FullDisk, IsNoLock) {
  int night = 1;
  while (ingest(night, 3).status == 0) ++night;
  std::filesystem::remove(disk_.path() / "repo/reserve");
  disk_.fill(GetParam().whole);
  const ProgramResult check = run({"check", "--read-data"});
  EXPECT_EQ(check.status, 0) << check.out << check.err;
  const ProgramResult gc = run({"gc"});
  EXPECT_TRUE(gc.status == 0 || gc.err.find("No space left on device") != std::string::npos)
      << gc.err;
}

// With small blocks the last ones are enough to begin with a shared -shm file, and not to fill it.
INSTANTIATE_TEST_SUITE_P(Disks, FullDisk,
                         testing::Values(Fullness{1024, false, false}, Fullness{4096, true, false},
                                         Fullness{1024, true, true}));

}  // namespace
}  // namespace varve::torture
