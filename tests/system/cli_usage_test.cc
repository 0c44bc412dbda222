// The command line itself: help, usage errors, global options, where output goes.
#include <algorithm>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

class CliUsage : public VarveProgram {};

const std::vector<std::string> kCommands = {"init",  "ingest",  "list",  "mount",       "umount",
                                            "cat",   "restore", "check", "forget",      "gc",
                                            "stats", "diff",    "log",   "recover-rows"};

TEST_F(CliUsage, HelpOfTheProgramNamesCommandsExamplesAndStatuses) {
  const std::string help = must({"--help"});
  for (const std::string& name : kCommands) expect_holds(help, "\n  " + name + " ");
  expect_holds(help, "Examples:");
  expect_holds(help, "\n  130  interrupted");
  EXPECT_EQ(must({"-h"}), help);
}

TEST_F(CliUsage, EveryCommandHasHelpWithAnExample) {
  for (const std::string& name : kCommands) {
    const std::string help = must({name, "--help"});
    expect_holds(help, "Usage: varve " + name + " ");
    expect_holds(help, "varve " + name);
    expect_holds(help, "--repo REPO");
    expect_holds(help, "\nExample");
  }
}

TEST_F(CliUsage, VersionIsOneLine) { EXPECT_EQ(must({"--version"}).find("varve "), 0U); }

TEST_F(CliUsage, WhatCannotBeMeantIsStatusTwoAndPointsToTheHelp) {
  init();
  write_text(in_folder("a.db"), "");
  const std::vector<Words> mistakes = {
      {},
      {"nonsense"},
      {"list", "--nonsense"},
      {"list", "a", "b"},
      {"ingest"},
      {"ingest", "a.db", "--verify", "partly"},
      {"ingest", "a.db", "--time", "yesterday"},
      {"ingest", "a.db", "--tag", "a/b"},
      {"ingest", "a.db", "--as", "a/b"},
      {"ingest", "--as", "c", "a.db", "b.db"},
      {"ingest", "a.db", "x/a.db"},
      {"ingest", "a.db", "--busy-timeout", "soon"},
      {"ingest", "a.db", "--busy-timeout", "-1"},
      {"cat"},
      {"cat", "latest:a.db", "--json"},
      {"--json", "umount", "/mnt"},
      {"restore", "latest"},
      {"check", "--read-data=0"},
      {"check", "--read-data=101"},
      {"check", "--read-data=much"},
      {"forget"},
      {"forget", "--keep-last", "0"},
      {"forget", "--keep-last", "-1"},
      {"forget", "--keep-last", "many"},
      {"forget", "--keep-within", "forever"},
      {"forget", "latest", "--keep-last", "1"},
      {"forget", "--source", "a.db"},
      {"gc", "now"},
      {"diff", "latest"},
      {"diff", "a", "b", "c", "d"},
      {"diff", "a", "b", "--sql", "--rows"},
      {"log"},
      {"log", "a.db", "--key", "1"},
      {"recover-rows", "latest"},
      {"recover-rows", "latest", "a.db", "--apply"},
      {"recover-rows", "latest", "a.db", "--yes"},
      {"recover-rows", "latest", "a.db", "--where", "1"},
  };
  for (const Words& mistake : mistakes) {
    const std::string complaint = refused(2, mistake);
    const bool knows_command = !mistake.empty() && std::find(kCommands.begin(), kCommands.end(),
                                                             mistake.front()) != kCommands.end();
    expect_holds(complaint,
                 knows_command ? "; see varve " + mistake.front() + " --help" : "; see varve ");
  }
  EXPECT_TRUE(names().empty());
}

TEST_F(CliUsage, WithoutARepositoryNamedTheWayOutIsTold) {
  ProgramSetting nameless = setting();
  nameless.environment = {{"VARVE_REPO", ""}};
  const ProgramResult result = Program(command({"list"}), nameless).wait();
  EXPECT_EQ(result.status, 2);
  expect_holds(result.err, "-r REPO");
  expect_holds(result.err, "VARVE_REPO");
}

TEST_F(CliUsage, NoRepositoryIsStatusTen) {
  const std::vector<Words> commands = {
      {"list"}, {"ingest", "a.db"}, {"cat", "latest:a"},        {"check"},
      {"gc"},   {"stats"},          {"restore", "latest", "x"}, {"forget", "latest"}};
  write_text(in_folder("a.db"), "");
  for (const Words& words : commands) {
    expect_holds(refused(10, words), repository().native());
  }
  std::filesystem::create_directory(repository());
  refused(10, {"list"});
}

TEST_F(CliUsage, TheRepositoryMayBeNamedBeforeAndAfterTheCommand) {
  const std::string other = in_folder("other");
  must({"init", other});
  must({"-r", other, "list"});
  must({"list", "-r", other});
  must({"list", "--repo=" + other});
  refused(10, {"list"});
}

TEST_F(CliUsage, InitTakesTheRepositoryOfTheOptionToo) {
  must({"init"});
  must({"list"});
  EXPECT_EQ(must_json({"init", "-r", in_folder("other")})["repository"],
            in_folder("other").native());
}

TEST_F(CliUsage, InitRefusesAFolderWithAnythingInIt) {
  std::filesystem::create_directory(repository());
  write_text(repository() / "mine", "x");
  expect_holds(refused(1, {"init", repository()}), repository().native());
  EXPECT_EQ(names_in(repository()), std::set<std::string>{"mine"});
  expect_holds(refused(1, {"init", in_folder("no/such/parent")}), "no/such/parent");
}

TEST_F(CliUsage, InitLeavesADatabaseThatIsCalledAsItsOwn) {
  std::filesystem::create_directory(repository());
  make_database(repository() / "catalog.db", 10);
  write_text(repository() / "reserve", "mine");
  expect_holds(refused(1, {"init", repository()}), "is not empty");
  EXPECT_EQ(names_in(repository()), (std::set<std::string>{"catalog.db", "reserve"}));
}

TEST_F(CliUsage, InitTakesAFreshFilesystem) {
  std::filesystem::create_directories(repository() / "lost+found");
  must({"init", repository()});
  must({"check"});
}

TEST_F(CliUsage, QuietPrintsNothingOfSuccess) {
  init();
  make_database(in_folder("a.db"), 10);
  EXPECT_EQ(must({"-q", "ingest", "a.db"}), "");
  EXPECT_EQ(must({"check", "-q"}), "");
  EXPECT_EQ(must({"forget", "--keep-last", "1", "-q"}), "");
  EXPECT_EQ(must({"gc", "-q"}), "");
}

TEST_F(CliUsage, AFileMayBeCalledLikeACommand) {
  init();
  make_database(in_folder("list"), 10);
  must({"ingest", "list"});
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(CliUsage, AFullStandardOutputIsAnError) {
  init();
  make_database(in_folder("a.db"), 10);
  must({"ingest", "a.db"});
  for (const Words& words : {Words{"list"}, Words{"--help"}, Words{"stats", "--json"},
                             Words{"cat", "latest:a.db"}, Words{"check"}}) {
    const ProgramResult result = varve_to("/dev/full", words);
    EXPECT_EQ(result.status, 1) << testing::PrintToString(words);
    expect_holds(result.err, "cannot write to standard output");
  }
}

TEST_F(CliUsage, AReaderThatWentAwayIsNoError) {
  init();
  make_database(in_folder("a.db"), 5000);
  must({"ingest", "a.db"});
  for (const char* words : {"list", "cat latest:a.db", "--help"}) {
    const std::string script =
        std::string("set -o pipefail; '") + VARVE_BINARY + "' " + words + " | true";
    const ProgramResult result = Program({"bash", "-c", script}, setting()).wait();
    EXPECT_EQ(result.status, 0) << words;
    EXPECT_EQ(result.err, "") << words;
  }
}

TEST_F(CliUsage, AClosedStandardOutputIsNotTakenByTheRepository) {
  init();
  make_database(in_folder("a.db"), 100);
  const ProgramResult result = varve_to("closed", {"ingest", "a.db"});
  EXPECT_EQ(result.status, 1) << "the report could not be given";
  expect_holds(result.err, "cannot write to standard output");
  must({"check", "--read-data"});
}

}  // namespace
}  // namespace varve
