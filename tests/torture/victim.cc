#include "tests/torture/victim.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace varve::torture {
namespace {

using Json = nlohmann::json;

// What somebody finds who opens the file.
std::string state_of(const Path& file) {
  if (std::filesystem::is_symlink(file)) return std::filesystem::read_symlink(file).native();
  if (!std::filesystem::exists(file)) return "absent";
  if (file.extension() == ".db") return rows_of(file);
  return std::string(as_text(read_file(file)));
}

// In a folder and those below it.
Names names_in(const Path& folder) {
  Names names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    names.insert(std::filesystem::relative(entry.path(), folder));
  }
  return names;
}

}  // namespace

std::string text_of(const Fault& fault) {
  return fmt::format("{}{} at call {}", fault.sticky ? "lasting " : "", fault.kind, fault.at);
}

Victim::Victim(const Operation& operation) : operation_(operation) {
  std::filesystem::copy(
      History::instance(operation.with_parity).folder(), folder(),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  if (operation.harm) operation.harm(folder());
}

Victim::Victim(const Operation& operation, const Disk& disk, std::mt19937_64& random)
    : operation_(operation) {
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

Words Victim::command() const {
  Words command = filled(operation_.words);
  command.insert(command.begin(), VARVE_BINARY);
  return command;
}

ProgramSetting Victim::setting(const Fault& fault, const Path& trace) const {
  ProgramSetting setting = setting_in(folder());
  const auto set = [&](const char* name, std::string value) {
    setting.environment.emplace_back(name, std::move(value));
  };
  set("VARVE_FAULT_UNDER", folder());
  set("VARVE_FAULT_AT", std::to_string(fault.at));
  set("VARVE_FAULT_KIND", fault.kind);
  set("VARVE_FAULT_STICKY", fault.sticky ? "yes" : "");
  set("VARVE_FAULT_TRACE", trace);
  set("VARVE_FAULT_COUNT", folder() / "calls");
  return setting;
}

ProgramResult Victim::run(const Fault& fault, const Path& trace) const {
  return Program(command(), setting(fault, trace)).wait();
}

std::uint64_t Victim::calls() const {
  const ProgramResult result = run();
  EXPECT_EQ(result.status, 0) << operation_.name << ": " << result.out << result.err;
  std::uint64_t calls = 0;
  std::ifstream(folder() / "calls", std::ios::binary)
      .read(reinterpret_cast<char*>(&calls), sizeof calls);
  return calls;
}

ProgramResult Victim::plain(const Words& words) const { return run_in(folder(), filled(words)); }

std::string Victim::must(const Words& words) const {
  const ProgramResult result = plain(words);
  EXPECT_EQ(result.status, 0) << testing::PrintToString(words) << "\n" << result.out << result.err;
  return result.out;
}

Names Victim::snapshots() const {
  const ProgramResult list = plain({"list", "--json"});
  EXPECT_EQ(list.status, 0) << list.err;
  return list.status == 0 ? snapshots_by(list.out) : Names();
}

void Victim::expect_old_or_new(End end) const {
  const Names& before = History::instance(operation_.with_parity).snapshots();
  Names after = before;
  if (!operation_.adds.empty()) after.insert(operation_.adds);
  after.erase(operation_.removes);
  const Names now = snapshots();
  EXPECT_TRUE(now == after || (end != End::done && now == before)) << testing::PrintToString(now);
}

void Victim::expect_restored(End end) const {
  const Path original = History::instance(operation_.with_parity).folder();
  std::size_t restored = 0;
  for (const auto& [file, like] : operation_.restores) {
    const std::string now = state_of(folder() / file);
    const bool is_new = now == state_of(original / "wanted" / like);
    if (is_new) ++restored;
    EXPECT_TRUE(is_new || now == state_of(original / file)) << file << " is " << now.substr(0, 500);
  }
  const std::size_t all = operation_.restores.size();
  if (end == End::done) {
    EXPECT_EQ(restored, all);
  }
  if (end == End::failed && operation_.is_one_step()) {
    EXPECT_TRUE(restored == 0 || restored == all) << restored << " of " << all;
  }
}

// What is where restores go, and belongs neither to the old state nor to the new.
Names Victim::strangers() const {
  const Path original = History::instance(operation_.with_parity).folder();
  Names known = names_in(original / "target");
  for (const Restored& restored : operation_.restores) {
    Path inside = Path(restored.file).lexically_relative("target");
    for (; !inside.empty(); inside = inside.parent_path()) known.insert(inside);
  }
  Names strange;
  for (const std::string& name : names_in(folder() / "target")) {
    if (!known.contains(name)) strange.insert(name);
  }
  return strange;
}

// And takes away what the one that was cut had to leave: of one file. A folder may keep files that
// bear varve's mark.
void Victim::expect_restores_again() const {
  Words again = operation_.words;
  if (again.back() != "--force") again.push_back("--force");
  must(again);
  expect_restored(End::done);
  EXPECT_EQ(strangers(), Names());
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
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder() / "repo")) {
    EXPECT_FALSE(is_temporary(entry.path())) << entry.path();
  }
  const Json left = Json::parse(must({"gc", "--dry-run", "--json"}));
  EXPECT_EQ(left.at("freed_bytes"), 0) << left;
  EXPECT_EQ(left.at("waiting_bytes"), 0) << left;
}

// Whatever an init left, the next one is not kept from making a repository; but one that came as
// far as to be whole stays.
void Victim::expect_a_repository(End end) const {
  if (end != End::done) {
    const ProgramResult second = plain(operation_.words);
    if (second.status != 0) {
      EXPECT_NE(second.err.find("holds a repository already"), std::string::npos) << second.err;
    }
  }
  must({"-r", "{}/new", "ingest", "{}/shop.db", "--time", "2026-11-21T02:00:00Z"});
  must({"-r", "{}/new", "gc"});
  must({"-r", "{}/new", "check", "--read-data"});
}

void Victim::expect_sound_after(End end) const {
  if (operation_.makes_repository()) {
    // As if it had never been.
    if (end == End::failed) {
      EXPECT_FALSE(std::filesystem::exists(folder() / "new"));
    }
    return expect_a_repository(end);
  }
  if (operation_.harm && end != End::done) must(operation_.words);
  must({"check", "--read-data"});
  expect_old_or_new(end);
  if (!operation_.restores.empty()) {
    expect_restored(end);
    if (end != End::cut) {
      EXPECT_EQ(strangers(), Names());
    }
    expect_restores_again();
  }
  expect_goes_on();
  expect_nothing_left();
}

}  // namespace varve::torture
