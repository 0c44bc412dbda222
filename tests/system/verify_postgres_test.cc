// A dump that cannot be proven here is no dump that fails: nothing is attested, and a restore is
// not refused.
#include "tests/support/small_disk.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class VerifyPostgres : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql("CREATE TABLE orders (id int); INSERT INTO orders SELECT generate_series(1, 100)");
    must({"ingest", shop()});
  }
  std::size_t attestations() const {
    return must_json({"list"})["snapshots"][0]["attestations"].size();
  }
  // Expects that a verification says so, and keeps nothing.
  void expect_not_tried(const ProgramResult& result, const std::string& why) const {
    EXPECT_EQ(result.status, 1) << result.out << result.err;
    expect_holds(result.out, "not tried");
    expect_holds(result.out + result.err, why);
    EXPECT_EQ(result.out.find("FAILED"), std::string::npos) << result.out;
    EXPECT_TRUE(must_json({"list"})["snapshots"][0]["verified"] != "failed");
    must({"restore", "latest:shop.pgdump", server_.uri("copy")});
    server_.sql("postgres", "DROP DATABASE copy");
  }
};

TEST_F(VerifyPostgres, WithoutItsPrograms) {
  // A mount namespace of its own, in which they are not there.
  const std::string hidden = "mount -t tmpfs none /usr/lib/postgresql && exec \"$0\" \"$@\"";
  for (const Words& how :
       {Words{"verify", "latest"}, Words{"verify", "latest", "--drill"}, Words{"drill"}}) {
    Words words = {"unshare", "--mount", "sh", "-c", hidden};
    const Words varve = command(how);
    words.insert(words.end(), varve.begin(), varve.end());
    expect_not_tried(Program(words, setting()).wait(), "install the package postgresql");
  }
}

TEST_F(VerifyPostgres, WithoutSpaceForItsContents) {
  SmallDisk disk(1 << 20);
  disk.fill();
  ProgramSetting changed = setting();
  changed.environment.emplace_back("TMPDIR", disk.path().native());
  expect_not_tried(Program(command({"verify", "latest"}), changed).wait(), "No space left");
}

TEST_F(VerifyPostgres, WithoutSpaceForTheContentsOfAnImportedArchive) {
  std::filesystem::create_directory(in_folder("old"));
  const std::string dump = in_folder("old/shop-20240101.dump");
  ASSERT_EQ(shell("pg_dump -Fc -f " + quoted(dump) + " " + quoted(shop())).status, 0);
  must({"import", in_folder("old"), "--utc"});
  SmallDisk disk(1 << 20);
  disk.fill();
  ProgramSetting changed = setting();
  changed.environment.emplace_back("TMPDIR", disk.path().native());
  const ProgramResult result = Program(command({"verify", "latest:shop.dump"}), changed).wait();
  EXPECT_EQ(result.status, 1) << result.out << result.err;
  expect_holds(result.out, "not tried");
}

TEST_F(VerifyPostgres, AnIngestSaysThatItsSnapshotIsNotVerified) {
  SmallDisk disk(1 << 20);
  disk.fill();
  ProgramSetting changed = setting();
  changed.environment.emplace_back("TMPDIR", disk.path().native());
  sql("INSERT INTO orders VALUES (0)");
  const ProgramResult result = Program(command({"ingest", shop()}), changed).wait();
  EXPECT_EQ(result.status, 1) << result.out << result.err;
  expect_holds(result.err, "is made, but not verified");
  must({"verify", "latest"});
}

}  // namespace
}  // namespace varve
