// A repository with parity, through the program: damage is read over, told, and mended.
#include <algorithm>

#include "tests/support/damaged_data.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class CliParity : public VarveProgram {
 protected:
  void SetUp() override {
    must({"init", "--parity", "5%"});
    make_database(in_folder("a.db"), 2000);
    must({"ingest", "a.db", "--time", "2026-11-01"});
  }

  Path the_pack() const { return packs_of(repository()).front(); }
  Path its_sidecar() const {
    return repository() / "parity" / std::filesystem::relative(the_pack(), repository());
  }
  std::string named(const Path& path) const {
    return std::filesystem::relative(path, repository()).native();
  }
};

TEST_F(CliParity, DamageIsReadOverToldAndMended) {
  const std::string stored = must({"cat", "latest:a.db"});
  const std::string whole = content_of(the_pack());
  damage_data(the_pack());
  EXPECT_TRUE(must({"cat", "latest:a.db"}) == stored);
  must({"verify", "latest"});
  must({"restore", "latest:a.db", in_folder("b.db")});

  const ProgramResult found = varve({"check", "--read-data"});
  EXPECT_EQ(found.status, 1);
  expect_holds(found.out, named(the_pack()) + ": 1 of its blocks is damaged");
  expect_holds(found.err, "'varve check --repair'");
  const std::string mended = must({"check", "--repair"});
  expect_holds(mended, "mended: " + named(the_pack()));
  expect_holds(mended, "all is well");
  EXPECT_TRUE(content_of(the_pack()) == whole);
  expect_holds(must({"check", "--read-data"}), "all is well");
}

TEST_F(CliParity, ALostSidecarIsNoticedAtOnceAndMadeAgain) {
  const std::string whole = content_of(its_sidecar());
  std::filesystem::remove(its_sidecar());
  expect_holds(varve({"check"}).out, "has no parity");
  const Json mended = must_json({"check", "--repair"});
  EXPECT_EQ(mended["mended"], Json::array({named(its_sidecar())}));
  EXPECT_TRUE(content_of(its_sidecar()) == whole);
}

TEST_F(CliParity, WhatIsBeyondItIsLeftToTheOtherRepair) {
  const std::string whole = content_of(the_pack());
  write_text(the_pack(), whole.substr(0, whole.size() / 2));
  const ProgramResult result = varve({"check", "--repair"});
  EXPECT_EQ(result.status, 1);
  expect_holds(result.out, "beyond what its parity can mend");
  expect_holds(result.err, "'varve repair packs'");
  EXPECT_EQ(varve({"cat", "latest:a.db"}).status, 1);
  EXPECT_EQ(varve({"repair", "packs"}).status, 3);
  must({"ingest", "a.db"});
  must({"repair", "packs"});
  must({"gc"});
  expect_holds(must({"check", "--repair"}), "all is well");
}

TEST_F(CliParity, StatsTellWhatItTakes) {
  const Json stats = must_json({"stats"});
  EXPECT_GT(stats["parity_bytes"], 0);
  expect_holds(must({"stats"}), "parity  ");
}

TEST_F(CliParity, TheConfigurationIsMendedWithoutParityToo) {
  const Path other = in_folder("plain");
  must({"init", other});
  for (const bool is_gone : {false, true}) {
    const std::string whole = content_of(other / "config");
    if (is_gone) {
      std::filesystem::remove(other / "config");
      EXPECT_EQ(varve({"-r", other, "list"}).status, 10);
    } else {
      write_text(other / "config", "VARVE");
      must({"-r", other, "list"});
      EXPECT_EQ(varve({"-r", other, "check"}).status, 1);
    }
    must({"-r", other, "check", "--repair"});
    EXPECT_EQ(content_of(other / "config"), whole);
  }
}

TEST_F(CliParity, OnlyAShareThatMakesSense) {
  for (const char* wrong : {"0%", "101%", "five", "5.5%", "-1", "%"}) {
    expect_holds(refused(2, {"init", in_folder("other"), "--parity", wrong}), "--parity");
  }
  must({"init", in_folder("other"), "--parity", "100"});
}

}  // namespace
}  // namespace varve
