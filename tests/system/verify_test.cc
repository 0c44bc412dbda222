// `varve verify`: what is stored, read and checked again, and what is kept of that.
#include <fmt/format.h>

#include <algorithm>

#include "store/repository/repository.h"
#include "tests/support/damaged_data.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class Verify : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 400);
  }

  // Takes a snapshot of what a.db is now.
  std::string take(const std::string& time, const Words& options = {}) const {
    Words words = {"ingest", "a.db", "--time", time};
    words.insert(words.end(), options.begin(), options.end());
    return must_json(words)["name"];
  }
  void change(const std::string& sql) const { Database(in_folder("a.db")).run(sql); }

  void attest(const std::string& snapshot, const Attestation& made) const {
    const auto opened = Repository::open(repository());
    opened->attest(opened->resolve(snapshot).id, {made});
  }
  static Attestation proof(const std::string& level, Timestamp time) {
    Attestation made;
    made.source = "a.db";
    made.level = level;
    made.passed = true;
    made.time = time;
    return made;
  }
  std::string state_of(std::size_t snapshot) const {
    return must_json({"list"})["snapshots"][snapshot]["verified"];
  }
};

TEST_F(Verify, ProvesTheSnapshotsThatAreNamed) {
  const std::string first = take("2026-11-01", {"--verify", "none"});
  change("DELETE FROM t WHERE id > 300");
  const std::string second = take("2026-11-02", {"--verify", "none"});
  const Json json = must_json({"verify", first, second, "latest"});
  EXPECT_EQ(json["passed"], 2) << "latest is the second";
  EXPECT_EQ(json["failed"], 0);
  ASSERT_EQ(json["sources"].size(), 2U);
  const Json one = json["sources"][0];
  EXPECT_EQ(keys_of(one),
            (std::set<std::string>{"snapshot", "source", "kind", "raw_bytes", "result", "level",
                                   "time", "seconds", "restore_seconds", "program", "detail",
                                   "row_counts", "assertions", "taken_from"}));
  EXPECT_EQ(one["snapshot"], first);
  EXPECT_EQ(one["result"], "passed");
  EXPECT_EQ(one["level"], "full");
  EXPECT_EQ(one["row_counts"], Json({{"t", 400}}));
  EXPECT_EQ(json["sources"][1]["row_counts"], Json({{"t", 300}}));
  EXPECT_EQ(state_of(0), "full");
  EXPECT_EQ(state_of(1), "full");
  const std::string text = must({"verify", "latest", "--level", "quick"});
  expect_holds(text, "quick");
  expect_holds(text, "the source is proven");
  EXPECT_EQ(state_of(1), "full") << "a quick look takes nothing back";
}

TEST_F(Verify, ReadsAgainWhateverWasProvenBefore) {
  take("2026-11-01");
  EXPECT_EQ(state_of(0), "full");
  damage_all_data(repository());
  const ProgramResult result = varve({"verify", "latest"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "varve: warning: a.db failed its verification in snapshot 2026-11-01");
  expect_holds(result.err, "damaged");
  expect_holds(result.out, "FAILED");
  EXPECT_EQ(state_of(0), "failed");
  const ProgramResult json = varve({"verify", "latest", "--json"});
  EXPECT_EQ(json.status, 3);
  EXPECT_EQ(Json::parse(json.out)["sources"][0]["result"], "failed");
}

TEST_F(Verify, FindsRowsThatReferToNothing) {
  change("PRAGMA foreign_keys=OFF; CREATE TABLE c(p REFERENCES t(id)); INSERT INTO c VALUES(9999)");
  take("2026-11-01", {"--verify", "none"});
  const ProgramResult result = varve({"verify", "latest"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "foreign_key_check: 1 row of c refers to no row of t");
}

TEST_F(Verify, ComparesRowsWithThoseRecorded) {
  take("2026-11-01");
  must({"verify", "latest"});
  Attestation other = proof("full", Timestamp::now());
  other.row_counts = {{"t", 401}};
  attest("latest", other);
  const ProgramResult result = varve({"verify", "latest"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "t has 400 rows, and had 401 when they were recorded");
}

TEST_F(Verify, TheSameBytesAreReadOnceInARun) {
  const std::string first = take("2026-11-01", {"--verify", "none"});
  const std::string second = take("2026-11-02", {"--verify", "none"});
  change("DELETE FROM t WHERE id > 300");
  const std::string third = take("2026-11-03", {"--verify", "none"});
  const std::string last = take("2026-11-04", {"--verify", "none"});
  const Json json = must_json({"verify", "--all"});
  EXPECT_EQ(json["passed"], 4);
  // Newest first, two at a time; which of two equal ones is read is left to chance.
  const auto expect_one_read = [&](std::size_t i, const std::string& one,
                                   const std::string& other) {
    std::set<std::string> from = {json["sources"][i]["taken_from"],
                                  json["sources"][i + 1]["taken_from"]};
    EXPECT_EQ(from.erase(""), 1U) << json["sources"];
    ASSERT_EQ(from.size(), 1U);
    EXPECT_TRUE(*from.begin() == one || *from.begin() == other) << *from.begin();
  };
  expect_one_read(0, last, third);
  expect_one_read(2, second, first);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(state_of(i), "full");
  EXPECT_EQ(must_json({"list", first})["attestations"].size(), 1U);
}

TEST_F(Verify, EachSourceOfASnapshotKeepsItsProof) {
  for (const char* name : {"b.db", "c.db", "d.db"}) make_database(in_folder(name), 3);
  const std::string name = must_json({"ingest", "a.db", "b.db", "c.db", "d.db", "--verify", "none",
                                      "--time", "2026-11-01"})["name"];
  constexpr int kRounds = 10;
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ(must_json({"verify", "latest"})["passed"], 4);
  }
  EXPECT_EQ(must_json({"list", name})["attestations"].size(), 4U * kRounds);
}

// What a restore has replaced may be anything: nobody is told of it each month.
TEST_F(Verify, SafetySnapshotsAreProvenByTheirNamesOnly) {
  take("2026-11-01");
  write_text(in_folder("b.db"), "garbage");
  must({"restore", "latest:a.db", in_folder("b.db"), "--yes", "-q"});
  const Json list = must_json({"list"})["snapshots"];
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(must_json({"verify", "--all"})["sources"].size(), 1U);
  EXPECT_EQ(must_json({"verify", "--stale", "1"})["sources"].size(), 0U);
  EXPECT_EQ(must_json({"verify", list[1]["name"]})["sources"].size(), 1U);
  EXPECT_EQ(must_json({"verify", "--all", "--source", "b.db.pre-restore"})["sources"].size(), 1U);
  const Json drilled = must_json({"drill"});
  ASSERT_EQ(drilled["sources"].size(), 1U);
  EXPECT_EQ(drilled["sources"][0]["source"], "a.db");
  must({"forget", list[1]["name"]});
}

TEST_F(Verify, StaleProofsAreRenewedAndFreshOnesCountForTheSameBytes) {
  take("2026-11-01", {"--verify", "none"});
  const std::string second = take("2026-11-02", {"--verify", "none"});
  constexpr std::int64_t day = 86400;
  const Timestamp now = Timestamp::now();
  attest("2026-11-01", proof("full", {now.seconds - 40 * day}));
  attest(second, proof("full", {now.seconds - 10 * day}));

  EXPECT_EQ(must_json({"verify", "--stale", "50"})["sources"], Json::array());
  const Json month = must_json({"verify", "--stale", "30"});
  ASSERT_EQ(month["sources"].size(), 1U);
  EXPECT_EQ(month["sources"][0]["snapshot"], "2026-11-01T00-00-00Z");
  EXPECT_EQ(month["sources"][0]["taken_from"], second) << "the same bytes, proven ten days ago";
  EXPECT_EQ(month["sources"][0]["time"], to_iso({now.seconds - 10 * day})) << "as old as it is";

  const Json week = must_json({"verify", "--stale", "1w"});
  EXPECT_EQ(week["passed"], 2);
  EXPECT_TRUE(std::ranges::any_of(week["sources"],
                                  [](const Json& one) { return one["taken_from"] == ""; }));
  EXPECT_EQ(must_json({"verify", "--stale", "7"})["sources"], Json::array());
}

// A night proves what is new in a folder; the rest is as old as it is, and is read again one day.
TEST_F(Verify, AFoldersProofIsAsOldAsTheOldestThatItStandsOn) {
  std::filesystem::create_directory(in_folder("www"));
  write_text(in_folder("www/old"), "the same");
  write_text(in_folder("www/new"), "one");
  const std::string first = must_json({"ingest", "www", "--verify", "none"})["name"];
  const std::string old = to_iso({1'700'000'000});
  Attestation made = proof("full", {1'700'000'000});
  made.source = "www";
  attest(first, made);
  write_text(in_folder("www/new"), "two");
  must({"ingest", "www"});
  const Json second = must_json({"list", "latest"})["attestations"][0];
  EXPECT_EQ(second["time"], old);
  EXPECT_EQ(second["taken_from"], first);

  const Json renewed = must_json({"verify", "--stale", "30"});
  ASSERT_EQ(renewed["passed"], 2);
  EXPECT_GT(renewed["sources"][0]["time"], old);
  EXPECT_EQ(renewed["sources"][0]["taken_from"], "") << "all of it was read";
}

TEST_F(Verify, ASourceAloneIsProven) {
  make_database(in_folder("b.db"), 10);
  must({"ingest", "a.db", "b.db", "--verify", "none"});
  const Json json = must_json({"verify", "latest", "--source", "b.db"});
  ASSERT_EQ(json["sources"].size(), 1U);
  EXPECT_EQ(json["sources"][0]["source"], "b.db");
  expect_holds(refused(1, {"verify", "latest", "--source", "c.db"}), "c.db");
}

TEST_F(Verify, SaysWhatItNeeds) {
  expect_holds(refused(2, {"verify"}), "--stale");
  expect_holds(refused(2, {"verify", "latest", "--all"}), "exclude");
  expect_holds(refused(2, {"verify", "--stale", "soon"}), "soon");
  expect_holds(refused(2, {"verify", "latest", "--level", "most"}), "--level");
  refused(1, {"verify", "latest"});
  EXPECT_EQ(must_json({"verify", "--all"})["sources"], Json::array());
}

class VerifyJob : public Verify {
 protected:
  void write_config(const std::string& assertions, const std::string& sources = "\"a.db\"") const {
    write_text(in_folder("varve.toml"),
               fmt::format("[[job]]\nname = \"n\"\nsources = [{}]\n{}", sources, assertions));
  }
  ProgramResult night() const { return varve({"ingest", "--job", "n", "--config", "varve.toml"}); }
};

TEST_F(VerifyJob, AFalseAssertionFailsTheIngestAndEveryVerificationAfterIt) {
  write_config("[[job.assert]]\nsql = \"SELECT count(*) > 100 FROM t\"\n");
  EXPECT_EQ(night().status, 0);
  EXPECT_EQ(state_of(0), "full");
  EXPECT_EQ(
      must_json({"list", "latest"})["attestations"][0]["assertions"],
      Json::array({{{"sql", "SELECT count(*) > 100 FROM t"}, {"passed", true}, {"detail", ""}}}));

  change("DELETE FROM t WHERE id > 50");
  const ProgramResult result = night();
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "the assertion SELECT count(*) > 100 FROM t is false");
  EXPECT_EQ(state_of(1), "failed");
  expect_holds(varve({"verify", "latest"}).err, "SELECT count(*) > 100 FROM t is false");
  EXPECT_EQ(state_of(1), "failed") << "verify puts what was put before";

  write_config(
      "[[job.assert]]\nsql = \"SELECT count(*) > 10 FROM t\"\n"
      "[[job]]\nname = \"other\"\nsources = [\"${NOBODY_SET_IT}\"]\n");
  must({"verify", "latest", "--job", "n", "--config", "varve.toml"});
  expect_holds(refused(2, {"verify", "latest", "--config", "varve.toml"}), "name the job too");
  expect_holds(refused(2, {"drill", "--config", "varve.toml"}), "name the job too");
  EXPECT_EQ(state_of(1), "full");
}

TEST_F(VerifyJob, ANewAssertionIsPutToWhatDidNotChange) {
  write_config("");
  EXPECT_EQ(night().status, 0);
  EXPECT_EQ(night().status, 0);
  EXPECT_EQ(names().size(), 1U);
  write_config("[[job.assert]]\nsql = \"SELECT count(*) > 9999 FROM t\"\n");
  EXPECT_EQ(night().status, 3);
}

TEST_F(VerifyJob, WhatCannotBeAskedIsSaidWithItsPlace) {
  write_config("[[job.assert]]\nsource = \"b.db\"\nsql = \"SELECT 1\"\n");
  expect_holds(refused(2, {"config", "check", "varve.toml"}),
               "varve.toml:5:10: source = \"b.db\": the job n has no source of that name");
  write_text(in_folder("notes.txt"), "hello");
  write_config("[[job.assert]]\nsource = \"notes.txt\"\nsql = \"SELECT 1\"\n",
               "\"a.db\", \"notes.txt\"");
  expect_holds(refused(2, {"ingest", "--job", "n", "--config", "varve.toml"}), "varve.toml:5:10");
  EXPECT_EQ(names(), Words{});
}

}  // namespace
}  // namespace varve
