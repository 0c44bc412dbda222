// The manual page against the program: the same commands, options and exit statuses.
#include <map>
#include <regex>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

using Set = std::set<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Set matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  Set found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

// The page's text by section: "GLOBAL OPTIONS", "EXIT STATUS", and for each command its name.
std::map<std::string, std::string> manual() {
  std::string page = content_of(VARVE_SOURCE_DIR "/packaging/man/varve.1");
  page = std::regex_replace(page, std::regex(R"(\\-)"), "-");
  page = std::regex_replace(page, std::regex(R"(\\f[A-Z])"), "");
  std::map<std::string, std::string> sections;
  std::string section;
  for (const std::string& line : lines_of(page)) {
    std::smatch found;
    if (std::regex_match(line, found, std::regex(R"re(\.SH "?([A-Z ]+[A-Z])"?)re"))) {
      section = found[1];
    } else if (std::regex_match(line, found, std::regex(R"re(\.SS "varve ([a-z-]+).*)re"))) {
      section = found[1];
    }
    sections[section] += line + "\n";
  }
  return sections;
}

// What a help text says, by the title of the group: "Options", "Commands", "Policy"…
std::map<std::string, std::string> groups_of(const std::string& help) {
  std::map<std::string, std::string> groups;
  std::string group;
  for (const std::string& line : lines_of(help)) {
    if (std::regex_match(line, std::regex("[A-Z][A-Za-z ]+:"))) group = line;
    groups[group] += line + "\n";
  }
  return groups;
}

const char* const kLongOption = R"((?:^|[^-A-Za-z0-9])(--[a-z][a-z-]*[a-z]))";
const char* const kShortOption = R"((?:^|[^-A-Za-z0-9])(-[a-z])(?![-A-Za-z0-9]))";
// Where an option is introduced in a help text: the beginning of a line.
const char* const kLongInHelp = R"(\n  (?:-[a-z], )?(--[a-z-]*[a-z]))";
const char* const kShortInHelp = R"(\n  (-[a-z])[, ])";

Set operator-(Set from, const Set& what) {
  for (const std::string& one : what) from.erase(one);
  return from;
}

class Manpage : public VarveProgram {
 protected:
  // The options of a command that are its own.
  Set own_options(const std::string& command, const char* pattern) const {
    Set own;
    for (const auto& [title, text] : groups_of(must({command, "--help"}))) {
      if (title != "Options of every command:") own.merge(matches("\n" + text, pattern));
    }
    return own - Set{"--help", "-h"};
  }
  Set commands() const {
    return matches(groups_of(must({"--help"}))["Commands:"], R"(\n  ([a-z-]+) )");
  }
};

TEST_F(Manpage, HasTheCommandsOfTheProgram) {
  const auto sections = manual();
  Set described;
  for (const auto& [title, text] : sections) {
    if (std::regex_match(title, std::regex("[a-z-]+"))) described.insert(title);
  }
  EXPECT_EQ(described, commands());
  EXPECT_EQ(described.size(), 19U);
}

TEST_F(Manpage, HasTheOptionsOfEveryCommandAndNoOthers) {
  auto sections = manual();
  const Set global_long = {"--json", "--repo", "--quiet", "--verbose", "--help"};
  for (const std::string& command : commands()) {
    const std::string& text = sections[command];
    EXPECT_EQ(own_options(command, kLongInHelp), matches(text, kLongOption) - global_long)
        << command;
    const Set own_short = own_options(command, kShortInHelp);
    const Set described = matches(text, kShortOption);
    EXPECT_EQ(own_short - described, Set{}) << command;
  }
}

TEST_F(Manpage, HasTheGlobalOptions) {
  auto groups = groups_of(must({"--help"}));
  const std::string help = "\n" + groups["Options:"] + groups["Options of every command:"];
  const std::string section = manual()["GLOBAL OPTIONS"];
  EXPECT_EQ(matches(help, kLongInHelp), matches(section, kLongOption));
  EXPECT_EQ(matches(help, kShortInHelp), matches(section, kShortOption));
}

TEST_F(Manpage, HasTheExitStatuses) {
  const Set in_help = matches(groups_of(must({"--help"}))["Exit status:"], R"(\n  ([0-9]+) )");
  EXPECT_EQ(in_help, (Set{"0", "1", "2", "3", "10", "11", "12", "130"}));
  EXPECT_EQ(in_help, matches(manual()["EXIT STATUS"], R"(\n\.B ([0-9]+)\n)"));
}

}  // namespace
}  // namespace varve
