// Many processes at work on one repository, and any of them killed at any moment, against a simple
// model: what was reported as stored is there with its bytes, what was reported as forgotten is
// not. VARVE_TORTURE_CROWD_MIB (0) is the size of a file that is stored before, in two states: what
// the crowd works on is a repository of that size then.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tests/support/program.h"
#include "tests/support/temp_folder.h"
#include "tests/torture/victim.h"

namespace varve::torture {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kSources = 3;
constexpr std::size_t kLargest = 400'000;  // bytes of a source

// What the commands have said so far. Names are never used twice: each ingest has its own second.
class Model {
 public:
  void stored(const std::string& name, std::string bytes) {
    const std::lock_guard lock(mutex_);
    known_[name] = std::move(bytes);
  }
  // One that nobody else is about to forget; from now on it may be there or not.
  std::optional<std::string> take_one(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    if (known_.size() < 4) return std::nullopt;
    const auto found = any(random);
    std::string name = found->first;
    going_.insert(known_.extract(found));
    return name;
  }
  void forgotten(const std::string& name) {
    const std::lock_guard lock(mutex_);
    going_.erase(name);
    gone_.insert(name);
  }
  // It is there after all.
  void kept(const std::string& name) {
    const std::lock_guard lock(mutex_);
    known_.insert(going_.extract(name));
  }
  // One that must be readable, unless somebody takes it meanwhile.
  std::optional<std::pair<std::string, std::string>> peek(std::mt19937_64& random) {
    const std::lock_guard lock(mutex_);
    if (known_.empty()) return std::nullopt;
    return *any(random);
  }
  bool is_known(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return known_.contains(name);
  }

  // At the end, alone.
  const std::map<std::string, std::string>& known() const { return known_; }
  bool may_exist(const std::string& name) const { return !gone_.contains(name); }

 private:
  std::map<std::string, std::string>::iterator any(std::mt19937_64& random) {
    return std::next(known_.begin(), static_cast<std::ptrdiff_t>(random() % known_.size()));
  }

  std::mutex mutex_;
  std::map<std::string, std::string> known_;  // by name: the bytes of its one file
  std::map<std::string, std::string> going_;
  Names gone_;
};

class CrowdTest : public testing::Test {
 protected:
  CrowdTest() {
    const ProgramResult init = Program({VARVE_BINARY, "init"}, setting()).wait();
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
      EXPECT_TRUE(is_fine(result)) << result.err;
      if (result.status == 0) model_.stored(Json::parse(result.out)["name"], bytes);
      const std::lock_guard lock(mutex_);
      tried_[name_of(time)] = bytes;
    }
  }
  static std::string name_of(std::string time) {
    std::replace(time.begin(), time.end(), ':', '-');
    return time;
  }

  void forget_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 80));
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
      EXPECT_TRUE(is_fine(result) || result.status == 11) << result.status << result.err;
    }
  }

  void check_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const ProgramResult result = run_at_risk({"check", "--read-data"}, random);
      EXPECT_TRUE(is_fine(result)) << result.out << result.err;
    }
  }

  void read_again_and_again(std::mt19937_64 random) {
    while (goes_on()) {
      const auto known = model_.peek(random);
      if (!known) continue;
      const ProgramResult result = run({"cat", known->first});
      if (result.status == 0) {
        EXPECT_TRUE(result.out == known->second) << "other bytes in " << known->first;
      } else {
        EXPECT_FALSE(model_.is_known(known->first)) << result.err;
      }
    }
  }

  void look_through_mounts(std::mt19937_64 random) {
    const std::filesystem::path point = folder_ / fmt::format("mnt{}", random() % 1000);
    std::filesystem::create_directory(point);
    while (goes_on()) {
      Program mount({VARVE_BINARY, "mount", "-f", point}, setting());
      for (int i = 0; i < 30 && goes_on(); ++i) look_once(point, random);
      // A mount that is killed leaves a mount point that answers nothing.
      mount.send(random() % 2 == 0 ? SIGKILL : SIGTERM);
      mount.wait();
      Program({"umount", "-l", point}, setting()).wait();
    }
  }
  void look_once(const std::filesystem::path& point, std::mt19937_64& random) {
    const auto known = model_.peek(random);
    if (!known) return;
    const std::filesystem::path folder = point / known->first;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
      if (!entry.path().filename().native().starts_with("file")) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      if (!in) continue;  // somebody has forgotten it since
      std::string bytes(kLargest + 1, '\0');
      in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      if (in.bad()) continue;  // an error is no wrong byte
      bytes.resize(static_cast<std::size_t>(in.gcount()));
      EXPECT_TRUE(bytes == known->second) << "other bytes on the mount in " << known->first << ": "
                                          << bytes.size() << " of " << known->second.size();
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
  Model model_;
  std::mutex mutex_;
  std::map<std::string, std::string> tried_;   // by name: what an ingest was to store
  std::map<std::string, std::string> burden_;  // by name: the hash of its file
  Clock::time_point until_;
};

TEST_F(CrowdTest, NobodyHurtsAnybody) {
  store_burden(std::mt19937_64(chance()()));
  until_ = Clock::now() + seconds();
  {
    std::vector<std::jthread> crowd;
    const auto join_in = [&](auto work) {
      crowd.emplace_back([work, random = std::mt19937_64(chance()())] { work(random); });
    };
    for (int source = 0; source < kSources; ++source) {
      join_in([this, source](auto random) { ingest_again_and_again(source, random); });
    }
    join_in([this](auto random) { forget_again_and_again(random); });
    join_in([this](auto random) { collect_again_and_again(random); });
    join_in([this](auto random) { collect_again_and_again(random); });
    join_in([this](auto random) { check_again_and_again(random); });
    join_in([this](auto random) { read_again_and_again(random); });
    join_in([this](auto random) { look_through_mounts(random); });
  }
  expect_the_model();
  for (const Words& words : {Words{"gc"}, Words{"gc"}, Words{"check", "--read-data"}}) {
    const ProgramResult result = run(words);
    EXPECT_EQ(result.status, 0) << words.front() << ": " << result.out << result.err;
  }
  expect_the_model();
}

}  // namespace
}  // namespace varve::torture
