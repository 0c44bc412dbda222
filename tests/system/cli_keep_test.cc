// varve check, forget, gc and stats.
#include <algorithm>

#include "tests/support/damaged_data.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class CliKeep : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 1000);
  }
  void ingest_nights(int count) const {
    for (int night = 1; night <= count; ++night) {
      Database(in_folder("a.db"))
          .run("UPDATE t SET body = hex(randomblob(100)) WHERE id % 10 = " + std::to_string(night));
      must({"ingest", "a.db", "--time", "2026-11-0" + std::to_string(night)});
    }
  }
};

TEST_F(CliKeep, ASoundRepositoryIsSaidToBe) {
  ingest_nights(2);
  expect_holds(must({"check"}), "all is well");
  const Json quick = must_json({"check"});
  EXPECT_EQ(keys_of(quick), (std::set<std::string>{"snapshots", "chunks", "read_chunks",
                                                   "raw_bytes", "seconds", "mended", "damage"}));
  EXPECT_EQ(quick["snapshots"], 2);
  EXPECT_EQ(quick["read_chunks"], 0);
  EXPECT_EQ(quick["damage"], Json::array());
  const Json whole = must_json({"check", "--read-data"});
  EXPECT_EQ(whole["read_chunks"], whole["chunks"]);
  EXPECT_GT(whole["raw_bytes"], 0);
  EXPECT_LT(must_json({"check", "--read-data=10"})["read_chunks"], whole["chunks"]);
}

TEST_F(CliKeep, DamageIsStatusOneWithALineForEach) {
  ingest_nights(1);
  damage_all_data(repository());
  const ProgramResult text = varve({"check", "--read-data"});
  EXPECT_EQ(text.status, 1);
  expect_holds(text.out, "damage: ");
  expect_holds(text.out, "2026-11-01T00-00-00Z:a.db");
  expect_holds(text.err, "is damaged");
  const ProgramResult json = varve({"check", "--read-data", "--json"});
  EXPECT_EQ(json.status, 1);
  const Json damage = Json::parse(json.out)["damage"];
  ASSERT_EQ(damage.size(), 1U);
  EXPECT_EQ(keys_of(damage[0]), (std::set<std::string>{"what", "files", "mendable"}));
  EXPECT_EQ(damage[0]["files"], Json({"2026-11-01T00-00-00Z:a.db"}));
}

TEST_F(CliKeep, DamagedBytesAreNeverGivenOut) {
  ingest_nights(1);
  damage_all_data(repository());
  const ProgramResult cat = varve({"cat", "latest:a.db"});
  EXPECT_EQ(cat.status, 1);
  expect_holds(cat.err, "damaged");
  EXPECT_EQ(varve({"restore", "latest", "out"}).status, 1);
  EXPECT_FALSE(std::filesystem::exists(in_folder("out")));
}

TEST_F(CliKeep, ForgetByName) {
  ingest_nights(3);
  const std::string text = must({"forget", "2026-11-02T00-00-00Z"});
  expect_holds(text, "removed 2026-11-02T00-00-00Z\n");
  expect_holds(text, "removed 1 snapshot, kept 2");
  EXPECT_EQ(names(), (Words{"2026-11-01T00-00-00Z", "2026-11-03T00-00-00Z"}));
  must({"check", "--read-data"});
}

TEST_F(CliKeep, ForgetByNameDryRunChangesNothing) {
  ingest_nights(2);
  const Json json = must_json({"forget", "2026-11-01T00-00-00Z", "--dry-run"});
  EXPECT_EQ(json["dry_run"], true);
  EXPECT_EQ(json["removed"][0]["name"], "2026-11-01T00-00-00Z");
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CliKeep, TheLastSnapshotOfASourceIsNotForgotten) {
  ingest_nights(2);
  make_database(in_folder("b.db"), 10);
  must({"ingest", "b.db", "--time", "2026-11-09"});
  const std::string complaint = refused(1, {"forget", "2026-11-01T00-00-00Z", "latest:b.db"});
  expect_holds(complaint, "2026-11-09T00-00-00Z is the last snapshot of b.db");
  refused(1, {"forget", "2026-11-01T00-00-00Z", "2026-11-02T00-00-00Z"});
  EXPECT_EQ(names().size(), 3U) << "all or nothing";
}

TEST_F(CliKeep, ForgetOfWhatIsNotThereRemovesNothing) {
  ingest_nights(2);
  refused(1, {"forget", "2026-11-01T00-00-00Z", "nonsense"});
  EXPECT_EQ(names().size(), 2U);
  expect_holds(refused(1, {"forget", "--source", "missing.db", "--keep-last", "1"}), "missing.db");
}

TEST_F(CliKeep, ForgetByPolicyShowsFirstAndThenDoes) {
  ingest_nights(4);
  const std::string table = must({"forget", "--keep-last", "1", "--keep-daily", "2", "--dry-run"});
  expect_holds(table, "2026-11-01T00-00-00Z  remove\n");
  expect_holds(table, "2026-11-03T00-00-00Z  keep      a.db: daily 2026-11-03\n");
  expect_holds(table, "a.db: last 1 of 1; a.db: daily 2026-11-04\n");
  expect_holds(table, "would remove 2 snapshots, would keep 2");
  EXPECT_EQ(names().size(), 4U);
  const Json json = must_json({"forget", "--keep-daily", "2"});
  EXPECT_EQ(keys_of(json), (std::set<std::string>{"kept", "removed", "dry_run"}));
  EXPECT_EQ(json["removed"],
            Json({{{"name", "2026-11-01T00-00-00Z"}}, {{"name", "2026-11-02T00-00-00Z"}}}));
  EXPECT_EQ(json["kept"][1]["reasons"], Json({"a.db: daily 2026-11-04"}));
  EXPECT_EQ(names(), (Words{"2026-11-03T00-00-00Z", "2026-11-04T00-00-00Z"}));
  must({"check", "--read-data"});
}

TEST_F(CliKeep, ForgetWithinWarnsOfAClockThatRanAhead) {
  ingest_nights(2);
  must({"ingest", "a.db", "--time", "2099-01-01"});
  expect_holds(refused(1, {"forget", "--keep-within", "30d"}), "2099-01-01T00-00-00Z");
  EXPECT_EQ(names().size(), 3U);
  must({"forget", "2099-01-01T00-00-00Z"});
  must({"forget", "--keep-within", "30d"});
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CliKeep, GcGivesSpaceBack) {
  ingest_nights(1);
  Database(in_folder("a.db")).run("UPDATE t SET body = hex(randomblob(100))");
  must({"ingest", "a.db"});
  must({"forget", "--keep-last", "1"});
  const Json plan = must_json({"gc", "--dry-run"});
  EXPECT_EQ(keys_of(plan),
            (std::set<std::string>{"live_chunks", "live_bytes", "garbage_bytes", "freed_bytes",
                                   "kept_garbage_bytes", "waiting_bytes", "packs_deleted",
                                   "packs_rewritten", "held_up", "seconds", "dry_run"}));
  EXPECT_EQ(plan["dry_run"], true);
  EXPECT_GT(plan["garbage_bytes"], 0);
  const std::uint64_t before = must_json({"stats"})["stored_bytes"];
  expect_holds(must({"gc"}), "freed ");
  EXPECT_LT(must_json({"stats"})["stored_bytes"], before);
  must({"check", "--read-data"});
}

TEST_F(CliKeep, StatsSayWhereTheBytesAre) {
  ingest_nights(3);
  const Json stats = must_json({"stats"});
  EXPECT_EQ(keys_of(stats),
            (std::set<std::string>{"snapshots", "raw_bytes", "stored_bytes", "ratio", "chunks",
                                   "manifests", "pack_overhead_bytes", "catalog_bytes",
                                   "records_bytes", "parity_bytes", "cache_bytes", "garbage_bytes",
                                   "verified", "last_drill"}));
  for (const char* totals : {"chunks", "manifests"}) {
    EXPECT_EQ(keys_of(stats[totals]),
              (std::set<std::string>{"count", "raw_bytes", "stored_bytes", "header_bytes"}));
  }
  EXPECT_EQ(stats["snapshots"], 3);
  EXPECT_EQ(stats["last_drill"], nullptr);
  EXPECT_EQ(stats["raw_bytes"], 3 * std::filesystem::file_size(in_folder("a.db")));
  EXPECT_DOUBLE_EQ(stats["ratio"],
                   stats["raw_bytes"].get<double>() / stats["stored_bytes"].get<double>());
  const std::string text = must({"stats"});
  for (const char* part : {"snapshots", "file data", "manifests", "catalog", "garbage", "ratio"}) {
    expect_holds(text, part);
  }
}

}  // namespace
}  // namespace varve
