// What a drill of files says of tables that it did not count.
#include "tools/drill/file_drill.h"

#include <gtest/gtest.h>

#include "store/ingest/ingest.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/collecting_builder.h"
#include "tests/unit/live_database.h"
#include "tools/sources/folder_source.h"
#include "tools/sources/row_counts.h"

namespace varve {
namespace {

// A database with a virtual table whose module is not here, and a dump that no server takes.
class FileDrillTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "www");
    test::LiveDatabase(folder_ / "www/a.db")
        .execute(
            "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2); PRAGMA writable_schema = ON; INSERT "
            "INTO sqlite_schema VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING "
            "nobodys(a)')");
    test::write_content(folder_ / "www/x.dump", as_bytes("PGDMP and so on"));
    Repository::create(folder_ / "repository");
    repository_ = Repository::open(folder_ / "repository");
    IngestRequest request;
    request.host = "test";
    request.sources.push_back(
        std::make_unique<FolderSource>(folder_ / "www", "www", FolderSource::Options()));
    snapshot_ = ingest(*repository_, std::move(request)).snapshot;
  }
  // Where these were the rows at the time.
  Attestation drill(const RowCounts& recorded) {
    snapshot_.sources.at(0).row_counts = recorded;
    DrillRequest request;
    request.programs = {};
    request.programs.roots.clear();
    return drill_files(*repository_, snapshot_, 0, request);
  }

  TempFolder folder_;
  std::unique_ptr<Repository> repository_;
  Snapshot snapshot_;
};

TEST_F(FileDrillTest, ATableOfWhichANoteTellsIsNotMissing) {
  const Attestation made =
      drill({{"www/a.db:t", 2}, {"www/a.db:odd", 4}, {"www/x.dump:public.orders", 5}});
  EXPECT_TRUE(made.passed) << made.detail;
  EXPECT_NE(made.detail.find("odd was not counted"), std::string::npos) << made.detail;
  EXPECT_NE(made.detail.find("www/x.dump was not put into a server"), std::string::npos)
      << made.detail;
}

TEST_F(FileDrillTest, ANoteExcusesNoOtherTable) {
  for (const char* gone : {"www/a.db:ghost", "www/b.db:odd", "www/x.dump2:public.orders"}) {
    const Attestation made = drill({{"www/a.db:t", 2}, {gone, 3}});
    EXPECT_FALSE(made.passed);
    EXPECT_NE(made.detail.find(std::string(gone) + " is missing, and had 3 rows"),
              std::string::npos)
        << made.detail;
  }
}

}  // namespace
}  // namespace varve
