// The fixture of tests that run the varve program: a folder, a repository's path in it that
// VARVE_REPO names, and the program.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/database.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace varve {

class VarveProgram : public testing::Test {
 protected:
  using Path = std::filesystem::path;
  using Words = std::vector<std::string>;
  using Json = nlohmann::json;

  Path folder() const { return folder_.path(); }
  Path repository() const { return folder_ / "repo"; }
  Path in_folder(std::string_view name) const { return folder_ / name; }

  ProgramSetting setting() const {
    return {.folder = folder(),
            .environment = {{"VARVE_REPO", repository().native()}, {"LC_ALL", "C"}},
            .standard_output = {}};
  }
  static Words command(Words arguments) {
    arguments.insert(arguments.begin(), VARVE_BINARY);
    return arguments;
  }
  ProgramResult varve(const Words& arguments) const {
    return Program(command(arguments), setting()).wait();
  }
  ProgramResult varve_to(const std::string& standard_output, const Words& arguments) const {
    ProgramSetting changed = setting();
    changed.standard_output = standard_output;
    return Program(command(arguments), changed).wait();
  }

  // Runs it, expects status 0 and no complaint, and returns standard output.
  std::string must(const Words& arguments) const {
    const ProgramResult result = varve(arguments);
    EXPECT_EQ(result.status, 0) << testing::PrintToString(arguments) << "\n" << result.err;
    EXPECT_EQ(result.err, "") << testing::PrintToString(arguments);
    return result.out;
  }
  Json must_json(Words arguments) const {
    arguments.emplace_back("--json");
    return Json::parse(must(arguments));
  }
  // Expects this status, nothing on standard output, and one line of complaint, which it returns.
  std::string refused(int status, const Words& arguments) const {
    const ProgramResult result = varve(arguments);
    EXPECT_EQ(result.status, status) << testing::PrintToString(arguments) << "\n" << result.err;
    EXPECT_EQ(result.out, "") << testing::PrintToString(arguments);
    EXPECT_TRUE(result.err.starts_with("varve: ")) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  }

  void init() const { must({"init", repository()}); }
  // The names of the snapshots, oldest first.
  Words names() const {
    Words found;
    const Json list = must_json({"list"});
    for (const Json& snapshot : list["snapshots"]) found.push_back(snapshot["name"]);
    return found;
  }

 private:
  TempFolder folder_;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

inline std::set<std::string> keys_of(const nlohmann::json& json) {
  std::set<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.insert(key);
  return keys;
}

// Expects that `text` holds `part`.
inline void expect_holds(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in: " << text;
}

}  // namespace varve
