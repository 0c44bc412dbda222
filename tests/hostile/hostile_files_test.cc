// FIFOs and folders in the places of files: nothing waits for a FIFO, and what is no file is named
// as damage, with a way on. Packs in places that are not theirs.
#include <sys/stat.h>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

enum class Kind { fifo, folder };

class HostileFiles : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 300);
    must({"ingest", "a.db", "--quiet", "--time", "2026-01-01"});
    Database(in_folder("a.db")).run("UPDATE t SET body = hex(randomblob(100)) WHERE id % 9 = 0");
    must({"ingest", "a.db", "--quiet", "--time", "2026-01-02"});
  }

  // The first file below this folder of the repository.
  Path file_in(const std::string& folder) const {
    for (const auto& item : std::filesystem::recursive_directory_iterator(repository() / folder)) {
      if (item.is_regular_file()) return item.path();
    }
    throw std::runtime_error("nothing in " + folder);
  }
  // Ends by itself, with words of its own where it fails.
  ProgramResult ends(const Words& words) const {
    Words patient = {"timeout", "--signal=KILL", "30", VARVE_BINARY};
    patient.insert(patient.end(), words.begin(), words.end());
    const ProgramResult result = Program(patient, setting()).wait();
    const std::string what = testing::PrintToString(words) + "\n" + result.out + result.err;
    EXPECT_GE(result.status, 0) << what;
    EXPECT_LT(result.status, 124) << what;
    EXPECT_EQ(result.err.find("Is a directory"), std::string::npos) << what;
    return result;
  }
  void expect_all_end() const {
    for (const Words& words :
         {Words{"list"}, Words{"check"}, Words{"check", "--read-data"}, Words{"cat", "latest"},
          Words{"stats"}, Words{"ingest", "a.db", "--time", "2026-01-03"}, Words{"gc"},
          Words{"repair", "packs"}, Words{"repair", "catalog"}}) {
      ends(words);
    }
  }
  void expect_named(const Path& place) const {
    const ProgramResult check = ends({"check"});
    EXPECT_EQ(check.status, 1);
    const std::string name = place.lexically_relative(repository()).native();
    EXPECT_NE((check.out + check.err).find(name), std::string::npos) << check.out << check.err;
  }
};

class NoFiles : public HostileFiles, public testing::WithParamInterface<Kind> {
 protected:
  void put(const Path& place) const {
    std::filesystem::remove_all(place);
    if (GetParam() == Kind::fifo) {
      ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);
    } else {
      std::filesystem::create_directory(place);
    }
  }
};

TEST_P(NoFiles, APack) {
  const Path pack = file_in("packs");
  put(pack);
  expect_named(pack);
  expect_all_end();
  // After the repair an ingest stores again what is lost.
  EXPECT_EQ(ends({"ingest", "a.db", "--time", "2026-01-04"}).status, 0);
  must({"cat", "2026-01-04"});
}

TEST_P(NoFiles, ARecord) {
  const Path record = file_in("snapshots");
  put(record);
  expect_named(record);
  expect_all_end();
}

TEST_P(NoFiles, TheListOfWhatIsLost) {
  put(repository() / "lost");
  expect_named(repository() / "lost");
  EXPECT_EQ(ends({"repair", "packs"}).status, 0);
  must({"check", "--read-data"});
  must({"gc"});
}

TEST_P(NoFiles, TheConfiguration) {
  put(repository() / "config");
  expect_all_end();
}

TEST_P(NoFiles, ACache) {
  const Path cache = file_in("cache");
  put(cache);
  must({"check"});
  expect_all_end();
}

TEST_P(NoFiles, ALock) {
  put(repository() / "locks/ingest-0011223344556677");
  must({"check"});
  expect_all_end();
}

class MisplacedFiles : public HostileFiles {
 protected:
  // Where it was found, check says so, and a repair puts it back.
  void expect_put_back_from(const std::string& place, const std::string& hint = {}) const {
    const Path pack = file_in("packs");
    std::filesystem::create_directories((repository() / place).parent_path());
    std::filesystem::rename(pack, repository() / place);
    expect_named(repository() / place);
    const std::string words = place + " as " + name_of(pack) + hint + "\n";
    const std::string dry = must({"repair", "packs", "--dry-run"});
    expect_holds(dry, "would put back: " + place + " as " + name_of(pack) + "\n");
    expect_holds(dry, "nothing is lost");
    EXPECT_FALSE(std::filesystem::exists(pack));
    expect_holds(must({"repair", "packs"}), "put back: " + words);
    EXPECT_TRUE(std::filesystem::exists(pack));
    must({"check", hint.empty() ? "--read-data" : "--repair"});
    EXPECT_FALSE(std::filesystem::exists(repository() / "lost"));
  }
  std::string name_of(const Path& file) const {
    return file.lexically_relative(repository()).native();
  }
  Path sidecar_of(const Path& file) const { return repository() / "parity" / name_of(file); }
  void begin_with_parity() const {
    std::filesystem::remove_all(repository());
    must({"init", "--parity", "5%", repository()});
    must({"ingest", "a.db", "--quiet"});
  }
};

TEST_F(MisplacedFiles, APackInAnotherFolder) {
  expect_put_back_from("packs/00/" + file_in("packs").filename().native());
}
TEST_F(MisplacedFiles, APackOfAnotherName) { expect_put_back_from("packs/lost.found"); }
TEST_F(MisplacedFiles, APackWithTheNameOfAnother) {
  expect_put_back_from("packs/00/0011223344556677");
}

TEST_F(MisplacedFiles, APackFindsItsParityAgain) {
  begin_with_parity();
  expect_put_back_from("packs/lost.found");
  const Path sidecar = sidecar_of(file_in("packs"));
  std::filesystem::rename(sidecar, repository() / "parity/packs/lost.found");
  expect_put_back_from("packs/lost.found");
  EXPECT_TRUE(std::filesystem::exists(sidecar));
}
TEST_F(MisplacedFiles, APackWithoutItsParityIsNamed) {
  begin_with_parity();
  std::filesystem::remove(sidecar_of(file_in("packs")));
  expect_put_back_from("packs/lost.found",
                       ", without parity: 'varve check --repair' makes it anew");
  must({"check", "--read-data"});
}

TEST_F(MisplacedFiles, WhatIsNoPackIsNamed) {
  write_text(repository() / "packs/notes.txt", "not a pack");
  expect_named(repository() / "packs/notes.txt");
}

// Beside packs that hold everything nobody is told to make a repository.
TEST_F(MisplacedFiles, BothConfigurationsAreGone) {
  std::filesystem::remove(repository() / "config");
  std::filesystem::remove(repository() / "config.copy");
  EXPECT_NE(refused(10, {"list"}).find("has lost both config and config.copy"), std::string::npos);
  EXPECT_EQ(varve({"init", repository()}).status, 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, NoFiles, testing::Values(Kind::fifo, Kind::folder),
                         [](const auto& one) {
                           return one.param == Kind::fifo ? "Fifo" : "Folder";
                         });

}  // namespace
}  // namespace varve
