#include "tests/torture/victim.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/database.h"

namespace varve::torture {
namespace {

using Json = nlohmann::json;

ProgramSetting plain_setting(const Path& folder) {
  return {.folder = folder,
          .environment = {{"VARVE_REPO", folder / "repo"}, {"LC_ALL", "C"}, {"TMPDIR", folder}},
          .standard_output = {}};
}

ProgramResult run_plainly(const Path& folder, Words words) {
  words.insert(words.begin(), VARVE_BINARY);
  return Program(words, plain_setting(folder)).wait();
}

Names names_of(const std::string& list) {
  Names names;
  const Json parsed = Json::parse(list);
  for (const Json& snapshot : parsed["snapshots"]) {
    // What a restore saves before it replaces anything is named after the clock.
    if (snapshot["tags"] != Json::array({"pre-restore"})) names.insert(snapshot["name"]);
  }
  return names;
}

// Six states of a database, two of them forgotten; a seventh that is not stored yet; an old copy
// where a restore will go.
class History {
 public:
  static const History& instance(bool with_parity) {
    if (with_parity) {
      static const History parity({"init", "--parity", "5%"});
      return parity;
    }
    static const History plain({"init"});
    return plain;
  }
  Path folder() const { return folder_.path(); }
  const Names& snapshots() const { return snapshots_; }

 private:
  explicit History(const Words& init) {
    const Path database = folder_ / "shop.db";
    run(init);
    make_database(database, 800);
    for (int state = 0; state < 6; ++state) {
      change(database, state);
      run({"ingest", database, "--time", fmt::format("2026-11-{:02}T02:00:00Z", state + 1)});
    }
    run({"forget", "2026-11-02", "2026-11-03"});
    std::filesystem::create_directory(folder_ / "target");
    std::filesystem::copy_file(database, folder_ / "target/shop.db");
    change(database, 7);
    snapshots_ = names_of(run_plainly(folder_.path(), {"list", "--json"}).out);
  }

  void run(const Words& words) const {
    const ProgramResult result = run_plainly(folder_.path(), words);
    if (result.status != 0) throw std::runtime_error(words.front() + ": " + result.err);
  }

  static void change(const Path& database, int state) {
    Database(database).run(
        fmt::format("UPDATE t SET body = hex(randomblob(100)) WHERE id % 7 = {}; "
                    "INSERT INTO t(body) SELECT hex(randomblob(100)) FROM t LIMIT 40",
                    state % 7));
  }

  TempFolder folder_;
  Names snapshots_;
};

}  // namespace

std::string text_of(const Fault& fault) {
  return fmt::format("{}{} at call {}", fault.sticky ? "lasting " : "", fault.kind, fault.at);
}

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"init", {"-r", "{}/new", "init"}},
      {"init_with_parity", {"-r", "{}/new", "init", "--parity", "5%"}},
      {"ingest", {"ingest", "{}/shop.db", "--time", "2026-11-20T02:00:00Z"}},
      {"forget", {"forget", "2026-11-04"}},
      {"gc", {"gc"}},
      {"ingest_with_parity", {"ingest", "{}/shop.db", "--time", "2026-11-20T02:00:00Z"}, true},
      {"gc_with_parity", {"gc"}, true},
      {"restore", {"restore", "2026-11-01:shop.db", "{}/target/shop.db", "--force"}}};
  return all;
}

Victim::Victim(bool with_parity) {
  std::filesystem::copy(History::instance(with_parity).folder(), folder_.path(),
                        std::filesystem::copy_options::recursive);
}

Victim::Victim(const Disk& disk, std::mt19937_64& random) {
  disk.write_after_loss(folder(), random);
}

Words Victim::filled(const Words& words) const {
  Words result;
  for (const std::string& word : words) {
    const std::size_t place = word.find("{}");
    result.push_back(place == word.npos ? word : folder().native() + word.substr(place + 2));
  }
  return result;
}

ProgramResult Victim::run(const Words& words, const Fault& fault, const Path& trace) const {
  Words command = filled(words);
  command.insert(command.begin(), VARVE_BINARY);
  ProgramSetting setting = plain_setting(folder());
  const auto set = [&](const char* name, std::string value) {
    setting.environment.emplace_back(name, std::move(value));
  };
  set("LD_PRELOAD", VARVE_FAULT_LAYER);
  // The address sanitizer wants to be the first of all libraries, and need not be.
  const char* const options = std::getenv("ASAN_OPTIONS");
  set("ASAN_OPTIONS",
      fmt::format("{}:verify_asan_link_order=0", options == nullptr ? "" : options));
  set("VARVE_FAULT_UNDER", folder());
  set("VARVE_FAULT_AT", std::to_string(fault.at));
  set("VARVE_FAULT_KIND", fault.kind);
  set("VARVE_FAULT_STICKY", fault.sticky ? "yes" : "");
  set("VARVE_FAULT_TRACE", trace);
  set("VARVE_FAULT_COUNT", folder() / "calls");
  return Program(command, setting).wait();
}

std::uint64_t Victim::calls_of(const Operation& operation) const {
  const ProgramResult result = run(operation.words);
  EXPECT_EQ(result.status, 0) << operation.name << ": " << result.err;
  std::uint64_t calls = 0;
  std::ifstream(folder() / "calls", std::ios::binary)
      .read(reinterpret_cast<char*>(&calls), sizeof calls);
  return calls;
}

ProgramResult Victim::plain(const Words& words) const {
  return run_plainly(folder(), filled(words));
}

std::string Victim::must(const Words& words) const {
  const ProgramResult result = plain(words);
  EXPECT_EQ(result.status, 0) << testing::PrintToString(words) << "\n" << result.out << result.err;
  return result.out;
}

Names Victim::snapshots() const {
  const ProgramResult list = plain({"list", "--json"});
  EXPECT_EQ(list.status, 0) << list.err;
  return list.status == 0 ? names_of(list.out) : Names();
}

void Victim::expect_old_or_new(const Operation& operation, bool succeeded) const {
  const History& history = History::instance(operation.with_parity);
  const Names& before = history.snapshots();
  Names after = before;
  if (operation.words.front() == "ingest") after.insert("2026-11-20T02-00-00Z");
  if (operation.name == "forget") after.erase("2026-11-04T02-00-00Z");
  const Names now = snapshots();
  EXPECT_TRUE(now == after || (!succeeded && now == before)) << testing::PrintToString(now);
  if (operation.name == "restore") {
    const Bytes old = read_file(history.folder() / "target/shop.db");
    const std::string restored = must({"cat", "2026-11-01:shop.db"});
    const Bytes there = read_file(folder() / "target/shop.db");
    EXPECT_TRUE(as_text(there) == restored || (!succeeded && there == old));
  }
}

// Whoever comes next is not kept from anything.
void Victim::expect_goes_on() const {
  must({"ingest", "{}/shop.db", "--time", "2026-11-21T02:00:00Z"});
  const Path copy = folder() / "copy.db";
  must({"restore", "2026-11-21:shop.db", copy});
  EXPECT_TRUE(read_file(copy) == read_file(folder() / "shop.db"));
  must({"gc"});
  must({"gc"});  // what the first could only condemn
  must({"check", "--read-data"});
}

void Victim::expect_nothing_left() const {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repository())) {
    EXPECT_FALSE(is_temporary(entry.path())) << entry.path();
  }
  const Json left = Json::parse(must({"gc", "--dry-run", "--json"}));
  EXPECT_EQ(left.at("freed_bytes"), 0) << left;
  EXPECT_EQ(left.at("waiting_bytes"), 0) << left;
}

// Whatever an init left, the next one is not kept from making a repository; but one that came as
// far as to be whole stays.
void Victim::expect_a_repository_by(const Operation& init, bool succeeded) const {
  if (!succeeded) {
    const ProgramResult second = plain(init.words);
    if (second.status != 0) {
      EXPECT_NE(second.err.find("holds a repository already"), std::string::npos) << second.err;
    }
  }
  must({"-r", "{}/new", "ingest", "{}/shop.db", "--time", "2026-11-21T02:00:00Z"});
  must({"-r", "{}/new", "gc"});
  must({"-r", "{}/new", "check", "--read-data"});
}

void Victim::expect_nothing_left_of(const Operation& init) const {
  EXPECT_FALSE(std::filesystem::exists(filled(init.words)[1]));
}

void Victim::expect_sound_after(const Operation& operation, bool succeeded) const {
  if (operation.makes_repository()) return expect_a_repository_by(operation, succeeded);
  must({"check", "--read-data"});
  expect_old_or_new(operation, succeeded);
  expect_goes_on();
  expect_nothing_left();
}

}  // namespace varve::torture
