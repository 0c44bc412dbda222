// Many processes at work on one repository, and any of them killed at any moment, against a simple
// model: what was reported as stored is there with its bytes, what was reported as forgotten is
// not. Whether the repository has parity is chance. VARVE_TORTURE_CROWD_MIB (0) is the size of a
// file that is stored before, in two states: what the crowd works on is a repository of that size
// then.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "store/core/error.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"
#include "tests/torture/crowd_model.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kSources = 3;
constexpr std::size_t kLargest = 400'000;  // bytes of a source
// gc, a repair of packs and a check that repairs keep each other out.
constexpr std::string_view kOneGc = "another gc is running";

class CrowdTest : public testing::Test {
 protected:
  CrowdTest() {
    const bool with_parity = chance()() % 2 == 0;
    std::cout << "parity: " << (with_parity ? "5%" : "none") << '\n';
    const ProgramResult init = run(with_parity ? Words{"init", "--parity", "5%"} : Words{"init"});
    EXPECT_EQ(init.status, 0) << init.err;
  }

  // Stored twice, a twentieth of it changed, the first state forgotten: so gc has work on it.
  void store_burden(std::mt19937_64 random) {
    const char* const given = std::getenv("VARVE_TORTURE_CROWD_MIB");
    const std::size_t mebibytes = given == nullptr ? 0 : std::stoul(given);
    if (mebibytes == 0) return;
    const std::filesystem::path file = folder_ / "burden";
    write_noise(file, 0, mebibytes, random);
    take_burden("2020-01-01T00:00:00Z");
    for (std::size_t i = 0; i < mebibytes; i += 20) write_noise(file, i, 1, random);
    take_burden("2020-01-02T00:00:00Z");
    EXPECT_EQ(run({"forget", "2020-01-01T00-00-00Z"}).status, 0);
    burden_.erase("2020-01-01T00-00-00Z");
  }
  static void write_noise(const std::filesystem::path& file, std::size_t at, std::size_t count,
                          std::mt19937_64& random) {
    constexpr std::size_t kMebibyte = 1 << 20;
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    if (!out) out.open(file, std::ios::binary | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at * kMebibyte));
    std::vector<std::uint64_t> noise(kMebibyte / sizeof(std::uint64_t));
    for (std::size_t i = 0; i < count; ++i) {
      for (std::uint64_t& word : noise) word = random();
      out.write(reinterpret_cast<const char*>(noise.data()), kMebibyte);
    }
    ASSERT_TRUE(out.good());
  }
  void take_burden(const std::string& time) {
    const ProgramResult result = run({"ingest", folder_ / "burden", "--time", time});
    ASSERT_EQ(result.status, 0) << result.err;
    burden_[name_of(time)] = digest("cat burden");
  }
  std::string digest(const std::string& command) const {
    return Program({"sh", "-c", command + " | sha256sum"}, setting()).wait().out;
  }

  static std::chrono::seconds seconds() {
    const char* const given = std::getenv("VARVE_TORTURE_CROWD_SECONDS");
    return std::chrono::seconds(given == nullptr ? 5 : std::stol(given));
  }
  bool goes_on() const { return Clock::now() < until_ && !HasFailure(); }

  ProgramSetting setting() const {
    return {.folder = folder_.path(),
            .environment = {{"VARVE_REPO", folder_ / "repo"}, {"LC_ALL", "C"}},
            .standard_output = {}};
  }
  ProgramResult run(Words words) const {
    words.insert(words.begin(), VARVE_BINARY);
    return Program(words, setting()).wait();
  }
  void must(const Words& words) const {
    const ProgramResult result = run(words);
    EXPECT_EQ(result.status, 0) << words.front() << ": " << result.out << result.err;
  }
  // Killed now and then.
  ProgramResult run_at_risk(Words words, std::mt19937_64& random) const {
    words.insert(words.begin(), VARVE_BINARY);
    Program program(words, setting());
    if (random() % 4 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
      program.send(SIGKILL);
    }
    return program.wait();
  }

  static std::string fresh_bytes(std::mt19937_64& random) {
    std::string bytes(1 + random() % kLargest, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 40);
    return bytes;
  }
  static void change(std::string& bytes, std::mt19937_64& random) {
    if (random() % 10 == 0) bytes = fresh_bytes(random);
    for (int i = 0; i < 20; ++i) bytes[random() % bytes.size()] = static_cast<char>(random() % 40);
  }

  static bool is_fine(const ProgramResult& result) {
    return result.status == 0 || result.status == -SIGKILL;
  }
  // It gave way to somebody else, and says to whom.
  static bool gave_way(const ProgramResult& result, std::string_view to) {
    return result.status == 11 && result.err.find(to) != std::string::npos;
  }
  // Of a command that reads a snapshot: only somebody who forgets it keeps it from that.
  void expect_gone(const std::string& name, const ProgramResult& result) {
    EXPECT_FALSE(model_.is_known(name)) << name << ": " << result.status << " " << result.err;
  }
  static void wait_a_little(std::mt19937_64& random, unsigned milliseconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % milliseconds));
  }

  void ingest_again_and_again(int source, std::mt19937_64 random) {
    const std::string name = fmt::format("file{}", source);
    std::string bytes = fresh_bytes(random);
    for (int round = 0; goes_on(); ++round) {
      change(bytes, random);
      std::ofstream(folder_ / name, std::ios::binary) << bytes;
      const std::string time = fmt::format("20{:02}-01-01T{:02}:{:02}:{:02}Z", 30 + source,
                                           round / 3600, round / 60 % 60, round % 60);
      const ProgramResult result = run_at_risk(
          {"ingest", folder_ / name, "--time", time, "--verify", "none", "--json"}, random);
      EXPECT_TRUE(is_fine(result) || gave_way(result, "a repair is running")) << result.err;
      if (result.status == 0) model_.stored(Json::parse(result.out)["name"], bytes);
      const std::lock_guard lock(mutex_);
      tried_[name_of(time)] = bytes;
    }
  }
  static std::string file_of(const std::string& name) {
    return fmt::format("file{}", std::stoi(name.substr(2, 2)) - 30);
  }
  static std::string name_of(std::string time) {
    std::replace(time.begin(), time.end(), ':', '-');
    return time;
  }

  void forget_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      wait_a_little(random, 80);
      const auto name = model_.take_one(random);
      if (!name) continue;
      const ProgramResult result = run_at_risk({"forget", *name}, random);
      if (result.status == 0) {
        model_.forgotten(*name);
      } else if (result.status != -SIGKILL) {  // it is the last of its source
        EXPECT_NE(result.err.find("last"), std::string::npos) << result.err;
        model_.kept(*name);
      }
    }
  }

  void collect_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const ProgramResult result = run_at_risk({"gc"}, random);
      EXPECT_TRUE(is_fine(result) || gave_way(result, kOneGc)) << result.status << result.err;
    }
  }

  void check_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const ProgramResult result = run_at_risk({"check", "--read-data"}, random);
      EXPECT_TRUE(is_fine(result)) << result.out << result.err;
    }
  }

  void mend_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      wait_a_little(random, 200);
      const ProgramResult result = run_at_risk({"check", "--repair"}, random);
      EXPECT_TRUE(is_fine(result) || gave_way(result, kOneGc)) << result.out << result.err;
    }
  }

  // Nothing is damaged, so it finds nothing; ingests keep it out, and it them.
  void repair_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      wait_a_little(random, 400);
      const ProgramResult result = run_at_risk({"repair", "packs"}, random);
      EXPECT_TRUE(is_fine(result) || gave_way(result, "running")) << result.out << result.err;
    }
  }

  // One mount stays, so it never gets the repository for itself, whoever else comes and goes.
  void try_to_rebuild_the_catalog(std::mt19937_64 random) {
    const Mount stays(*this, "mnt-that-stays");
    while (goes_on()) {
      wait_a_little(random, 200);
      const ProgramResult result = run({"repair", "catalog"});
      EXPECT_TRUE(gave_way(result, "in use")) << result.status << result.out << result.err;
    }
  }

  void read_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const auto known = model_.peek(random);
      if (!known) continue;
      const ProgramResult result = run({"cat", known->first});
      if (result.status != 0) {
        expect_gone(known->first, result);
      } else {
        EXPECT_TRUE(result.out == known->second) << "other bytes in " << known->first;
      }
    }
  }

  // Whole or not there, also where it was killed.
  void restore_again_and_again(std::mt19937_64 random) {
    const std::filesystem::path target = folder_ / "restored";
    while (goes_on()) {
      const auto known = model_.peek(random);
      if (!known) continue;
      const auto& [name, bytes] = *known;
      const ProgramResult result =
          run_at_risk({"restore", name + ":" + file_of(name), target}, random);
      if (!is_fine(result)) expect_gone(name, result);
      EXPECT_TRUE(result.status != 0 || std::filesystem::exists(target)) << name;
      if (!std::filesystem::exists(target)) continue;
      EXPECT_TRUE(as_text(read_file(target)) == bytes) << "other bytes restored of " << name;
      std::filesystem::remove(target);
    }
  }

  void verify_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const auto known = model_.peek(random);
      if (!known) continue;
      const ProgramResult result = run_at_risk({"verify", known->first}, random);
      if (!is_fine(result)) expect_gone(known->first, result);
    }
  }

  void look_through_mounts(std::mt19937_64 random) {
    while (goes_on()) {
      Mount mount(*this, fmt::format("mnt{}", random() % 1000));
      for (int i = 0; i < 30 && goes_on(); ++i) look_once(mount.point(), random);
      // One that is killed leaves a mount point that answers nothing.
      mount.end(random() % 2 == 0 ? SIGKILL : SIGTERM);
    }
  }
  // What can be opened can be read to its end, forgotten or not.
  void look_once(const std::filesystem::path& point, std::mt19937_64& random) {
    const auto known = model_.peek(random);
    if (!known) return;
    const auto& [name, bytes] = *known;
    try {
      const std::optional<File> file = File::open_if_exists(point / name / file_of(name));
      if (!file) {
        EXPECT_FALSE(model_.is_known(name)) << name << " is not on the mount";
        return;
      }
      Bytes seen(bytes.size() + 1);
      seen.resize(file->read_at(0, seen));
      EXPECT_TRUE(as_text(seen) == bytes) << "other bytes on the mount in " << name << ": "
                                          << seen.size() << " of " << bytes.size();
    } catch (const Error& error) {
      ADD_FAILURE() << name << " on the mount: " << error.what();
    }
  }

  // A mount that answers; it ends with this at the latest.
  class Mount {
   public:
    Mount(const CrowdTest& crowd, const std::string& name)
        : crowd_(crowd), point_(crowd.folder_ / name) {
      std::filesystem::create_directories(point_);
      program_.emplace(Words{VARVE_BINARY, "mount", "-f", point_}, crowd.setting());
      while (!std::filesystem::exists(point_ / "by-source")) {
        if (!program_->runs()) throw std::runtime_error("no mount: " + program_->wait().err);
        std::this_thread::yield();
      }
    }
    ~Mount() {
      if (program_) end(SIGTERM);
    }
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;

    const std::filesystem::path& point() const noexcept { return point_; }
    void end(int signal) {
      program_->send(signal);
      program_->wait();
      program_.reset();
      Program({"umount", "-l", point_}, crowd_.setting()).wait();
    }

   private:
    const CrowdTest& crowd_;
    const std::filesystem::path point_;
    std::optional<Program> program_;
  };

  // Returns when the time is over and all have ended.
  void let_them_all_loose() {
    std::vector<std::jthread> crowd;
    const auto join_in = [&](auto work) {
      crowd.emplace_back([work, random = std::mt19937_64(chance()())] { work(random); });
    };
    for (int source = 0; source < kSources; ++source) {
      join_in([this, source](auto random) { ingest_again_and_again(source, random); });
    }
    for (const auto work : {&CrowdTest::forget_again_and_again, &CrowdTest::collect_again_and_again,
                            &CrowdTest::collect_again_and_again, &CrowdTest::check_again_and_again,
                            &CrowdTest::mend_again_and_again, &CrowdTest::repair_again_and_again,
                            &CrowdTest::try_to_rebuild_the_catalog,
                            &CrowdTest::read_again_and_again, &CrowdTest::restore_again_and_again,
                            &CrowdTest::verify_again_and_again, &CrowdTest::look_through_mounts}) {
      join_in([this, work](auto random) { (this->*work)(random); });
    }
  }

  // What killed ingests left is whole, or nothing.
  void expect_the_model() {
    Names listed;
    const ProgramResult list = run({"list", "--json"});
    ASSERT_EQ(list.status, 0) << list.err;
    const Json parsed = Json::parse(list.out);
    for (const Json& snapshot : parsed["snapshots"]) {
      listed.insert(snapshot["name"].get<std::string>());
    }
    for (const auto& [name, bytes] : model_.known()) EXPECT_TRUE(listed.contains(name)) << name;
    for (const auto& [name, hash] : burden_) {
      ASSERT_EQ(listed.erase(name), 1U) << name;
      EXPECT_EQ(digest(VARVE_BINARY " cat " + name), hash) << "other bytes in " << name;
    }
    for (const std::string& name : listed) {
      EXPECT_TRUE(model_.may_exist(name)) << name << " was forgotten";
      EXPECT_TRUE(run({"cat", name}).out == tried_.at(name)) << "other bytes in " << name;
    }
  }

  TempFolder folder_;
  CrowdModel model_;
  std::mutex mutex_;
  std::map<std::string, std::string> tried_;   // by name: what an ingest was to store
  std::map<std::string, std::string> burden_;  // by name: the hash of its file
  Clock::time_point until_;
};

TEST_F(CrowdTest, NobodyHurtsAnybody) {
  store_burden(std::mt19937_64(chance()()));
  until_ = Clock::now() + seconds();
  let_them_all_loose();
  expect_the_model();
  must({"gc"});
  must({"gc"});
  must({"check", "--read-data"});
  expect_the_model();
  // Nothing that was forgotten is left for it to find.
  must({"repair", "catalog"});
  must({"check", "--read-data"});
  expect_the_model();
}

}  // namespace
}  // namespace varve::torture
