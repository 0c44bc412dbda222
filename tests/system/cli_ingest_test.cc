// varve ingest as a person or a night job runs it: what it makes, says and refuses.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/system/varve_program.h"

namespace varve {
namespace {

class CliIngest : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    make_database(in_folder("a.db"), 2000);
  }
  void change(const std::string& name) const {
    Database(in_folder(name)).run("UPDATE t SET body = body || 'x' WHERE id % 50 = 0");
  }
  // Expects that `arguments` are refused with a line that holds all `parts`, and that nothing is
  // in the repository afterwards that was not there before.
  void expect_refused(int status, const Words& arguments, const Words& parts) const {
    const std::string before = must({"list", "--json"});
    const std::string complaint = refused(status, arguments);
    for (const std::string& part : parts) expect_holds(complaint, part);
    EXPECT_EQ(must({"list", "--json"}), before);
  }
};

TEST_F(CliIngest, SaysWhatWasMadeReadNewAddedAndProven) {
  const std::string text = must({"ingest", "a.db"});
  const std::string name = names().at(0);
  EXPECT_TRUE(text.starts_with(name + "  a.db\n")) << text;
  for (const char* part :
       {"\n  read ", "\n  new ", "\n  added ", "a.db: full, 1 table, 2,000 rows"}) {
    expect_holds(text, part);
  }
}

TEST_F(CliIngest, JsonHasTheFieldsThatScriptsRelyOn) {
  const Json json =
      must_json({"ingest", "a.db", "--tag", "t1", "--tag", "t2", "--time", "2026-11-20T02:00:00Z"});
  EXPECT_EQ(keys_of(json),
            (std::set<std::string>{"name", "id", "time", "host", "sources", "tags", "files",
                                   "raw_bytes", "read_bytes", "new_bytes", "added_bytes", "seconds",
                                   "verified", "verify_seconds", "unchanged", "warnings"}));
  const auto size = std::filesystem::file_size(in_folder("a.db"));
  EXPECT_EQ(json["name"], "2026-11-20T02-00-00Z");
  EXPECT_EQ(json["time"], "2026-11-20T02:00:00Z");
  EXPECT_EQ(json["sources"], Json({"a.db"}));
  EXPECT_EQ(json["tags"], Json({"t1", "t2"}));
  EXPECT_EQ(json["files"], 1);
  EXPECT_EQ(json["raw_bytes"], size);
  EXPECT_EQ(json["read_bytes"], size);
  EXPECT_GT(json["added_bytes"], 0);
  EXPECT_EQ(json["verified"], "full");
  EXPECT_EQ(json["unchanged"], false);
  EXPECT_EQ(json["warnings"], Json::array());
}

TEST_F(CliIngest, ALaterSnapshotAddsLittle) {
  const Json first = must_json({"ingest", "a.db"});
  change("a.db");
  const Json second = must_json({"ingest", "a.db"});
  EXPECT_LT(second["added_bytes"].get<int>() * 4, first["added_bytes"].get<int>());
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(CliIngest, AnUnchangedDatabaseStoresNothing) {
  const Json first = must_json({"ingest", "a.db"});
  expect_holds(must({"ingest", "a.db"}), "a.db is unchanged since ");
  const Json again = must_json({"ingest", "a.db"});
  EXPECT_EQ(again["unchanged"], true);
  EXPECT_EQ(again["name"], first["name"]);
  EXPECT_EQ(again["read_bytes"], 0);
  EXPECT_EQ(again["added_bytes"], 0);
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(CliIngest, ATagOrATimeMakesASnapshotThatSharesEverything) {
  must({"ingest", "a.db"});
  const Json tagged = must_json({"ingest", "a.db", "--tag", "release"});
  EXPECT_EQ(tagged["unchanged"], false);
  EXPECT_EQ(tagged["new_bytes"], 0);
  EXPECT_EQ(tagged["verified"], "full") << "the proof of the same bytes counts";
  must({"ingest", "a.db", "--time", "2020-01-01"});
  EXPECT_EQ(names().size(), 3U);
  EXPECT_EQ(names().at(0), "2020-01-01T00-00-00Z");
}

TEST_F(CliIngest, WhatWasProvenLessThanAskedIsTakenAgain) {
  EXPECT_EQ(must_json({"ingest", "a.db", "--verify", "none"})["verified"], "none");
  EXPECT_EQ(must_json({"ingest", "a.db", "--verify", "none"})["unchanged"], true);
  const Json quick = must_json({"ingest", "a.db", "--verify", "quick"});
  EXPECT_EQ(quick["unchanged"], false);
  EXPECT_EQ(quick["verified"], "quick");
  EXPECT_EQ(must_json({"ingest", "a.db"})["verified"], "full");
  EXPECT_EQ(must_json({"ingest", "a.db", "--verify", "none"})["unchanged"], true);
}

TEST_F(CliIngest, SeveralSourcesAreOneSnapshot) {
  make_database(in_folder("b.db"), 500);
  const Json json = must_json({"ingest", "a.db", "b.db"});
  EXPECT_EQ(json["sources"], Json({"a.db", "b.db"}));
  EXPECT_EQ(json["files"], 2);
  change("b.db");
  const std::string text = must({"ingest", "a.db", "b.db"});
  expect_holds(text, "as before a.db");
  EXPECT_EQ(must_json({"list"})["snapshots"][1]["verified"], "full");
}

TEST_F(CliIngest, OneMissingSourceMeansNoSnapshot) {
  expect_refused(1, {"ingest", "a.db", "missing.db"}, {"missing.db"});
}

TEST_F(CliIngest, AsGivesAnotherName) {
  must({"ingest", "a.db", "--as", "shop.db"});
  EXPECT_EQ(must_json({"list"})["snapshots"][0]["sources"], Json({"shop.db"}));
  EXPECT_EQ(must({"cat", "latest:shop.db"}), content_of(in_folder("a.db")));
}

TEST_F(CliIngest, TwoSourcesOfOneNameAreBothNamed) {
  std::filesystem::create_directory(in_folder("x"));
  make_database(in_folder("x/a.db"), 10);
  expect_refused(2, {"ingest", "a.db", "x/a.db"}, {"a.db and x/a.db", "--as"});
}

TEST_F(CliIngest, TheRepositoryDoesNotBackUpItself) {
  expect_refused(2, {"ingest", "repo/catalog.db"}, {"repo/catalog.db", "in the repository"});
  std::filesystem::create_symlink(repository() / "catalog.db", in_folder("link.db"));
  expect_refused(2, {"ingest", "link.db"}, {"link.db", "in the repository"});
}

TEST_F(CliIngest, WhatIsNoFileIsRefused) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string socket_path = in_folder("socket");
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::mkfifo(in_folder("pipe").c_str(), 0600), 0);
  for (const char* path : {"socket", "pipe", "missing.db", "/dev/null"}) {
    expect_refused(1, {"ingest", path}, {path});
    expect_refused(1, {"ingest", path, "--raw"}, {path});
  }
  ::close(socket);
}

TEST_F(CliIngest, WhatIsNoDatabaseIsAPlainFile) {
  write_text(in_folder("notes.txt"), std::string(5000, 'n'));
  EXPECT_EQ(must_json({"ingest", "notes.txt"})["verified"], "full");
  EXPECT_EQ(must({"cat", "latest:notes.txt"}), std::string(5000, 'n'));
  expect_holds(must({"ingest", "notes.txt"}), "notes.txt is unchanged since ");
}

TEST_F(CliIngest, ADatabaseThatIsNoneAnyMoreIsNotTakenForAFile) {
  must({"ingest", "a.db"});
  write_text(in_folder("a.db"), std::string(5000, '?'));
  expect_refused(1, {"ingest", "a.db"}, {"a.db", "is none now", "--raw"});
  EXPECT_EQ(must_json({"ingest", "a.db", "--raw"})["verified"], "full");
}

TEST_F(CliIngest, RawStoresADatabaseAsTheFileThatItIs) {
  Database(in_folder("a.db")).run("PRAGMA journal_mode=WAL");
  must({"ingest", "a.db", "--raw"});
  EXPECT_EQ(must({"cat", "latest:a.db"}), content_of(in_folder("a.db")));
}

TEST_F(CliIngest, AnEmptyFileIsAnEmptyDatabase) {
  write_text(in_folder("empty.db"), "");
  EXPECT_EQ(must_json({"ingest", "empty.db"})["raw_bytes"], 0);
  EXPECT_EQ(must({"cat", "latest:empty.db"}), "");
}

TEST_F(CliIngest, ACorruptDatabaseIsStoredMarkedAndLoud) {
  std::string bytes = content_of(in_folder("a.db"));
  bytes.replace(4096 * 20, 4096 * 3, std::string(4096 * 3, '\x55'));
  write_text(in_folder("a.db"), bytes);
  for (std::size_t night = 1; night <= 2; ++night) {
    const ProgramResult result = varve({"ingest", "a.db", "--json"});
    EXPECT_EQ(result.status, 3) << result.err;
    expect_holds(result.err, "varve: warning: a.db failed its verification");
    const Json json = Json::parse(result.out);
    EXPECT_EQ(json["verified"], "failed");
    EXPECT_EQ(json["unchanged"], false) << "never a silent one";
    EXPECT_EQ(json["warnings"].size(), 1U);
    EXPECT_EQ(names().size(), night);
  }
  EXPECT_EQ(must({"cat", "latest:a.db"}), bytes);
  expect_holds(must({"list"}), "failed");
  expect_holds(must({"list", "latest"}), "a.db failed its verification: ");
}

TEST_F(CliIngest, ADatabaseThatStaysLockedIsGivenUp) {
  Database holder(in_folder("a.db"));
  holder.run("BEGIN EXCLUSIVE");
  const std::string before = must({"list", "--json"});
  const ProgramResult result = varve({"ingest", "a.db", "--busy-timeout", "0"});
  EXPECT_TRUE(result.status == 1 || result.status == 11) << result.status;
  expect_holds(result.err, "a.db");
  expect_holds(result.err, "lock");
  EXPECT_EQ(must({"list", "--json"}), before);
  holder.run("ROLLBACK");
  must({"ingest", "a.db"});
}

TEST_F(CliIngest, ANamesakeOfTheMountsOwnFilesNeedsAnotherName) {
  make_database(in_folder("snapshot.json"), 1);
  expect_refused(2, {"ingest", "snapshot.json"}, {"snapshot.json", "--as"});
  must({"ingest", "snapshot.json", "--as", "other.db"});
}

}  // namespace
}  // namespace varve
