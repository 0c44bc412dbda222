// varve diff and varve log, as somebody types them.
#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class DiffProgram : public VarveProgram {
 protected:
  void SetUp() override { init(); }

  void take(const std::string& time, Words sources) const {
    sources.insert(sources.begin(), "ingest");
    sources.insert(sources.end(), {"--time", time, "-q"});
    must(sources);
  }
  void take(const std::string& time) const { take(time, {in_folder("history.db")}); }
  void run(const std::string& sql) const { Database(in_folder("history.db")).run(sql); }

  // Three nights of one database.
  void three_nights() const {
    run("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, photo BLOB);"
        "INSERT INTO users VALUES (1, 'Ada', NULL), (2, 'Grace', x'00ff'), (3, 'Edsger', NULL);"
        "CREATE TABLE quiet(a); INSERT INTO quiet VALUES (1)");
    take("2026-11-19");
    run("UPDATE users SET name = 'Grace Hopper' WHERE id = 2; INSERT INTO users VALUES (4, 'Tony', "
        "NULL); CREATE INDEX users_by_name ON users(name)");
    take("2026-11-20");
    run("DELETE FROM users WHERE id = 2");
    take("2026-11-21");
  }
};

TEST_F(DiffProgram, SaysWhatChangedInADatabase) {
  three_nights();
  const std::string text = must({"diff", "2026-11-19", "2026-11-20", "--rows"});
  EXPECT_TRUE(text.starts_with("2026-11-19T00-00-00Z -> 2026-11-20T00-00-00Z\n~ history.db  "))
      << text;
  expect_holds(text, "    index users_by_name added\n");
  expect_holds(text, "    rows of users: 1 added, 1 changed\n");
  expect_holds(text, "      ~ id=2: name 'Grace' -> 'Grace Hopper'\n");
  expect_holds(text, "      + id=4, name='Tony', photo=NULL\n");
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_EQ(must({"diff", "latest", "2026-11-21"}),
            "2026-11-21T00-00-00Z -> 2026-11-21T00-00-00Z\nnothing differs\n");
}

TEST_F(DiffProgram, NamesOfTablesHaveNoCase) {
  three_nights();
  Json small = must_json({"log", "history.db", "--table", "users"});
  EXPECT_EQ(must_json({"log", "history.db", "--table", "USERS"})["events"], small["events"]);
  EXPECT_EQ(must({"log", "history.db", "--table", "USERS", "--key", "2"}),
            must({"log", "history.db", "--table", "users", "--key", "2"}));
}

TEST_F(DiffProgram, AScriptForATableThatIsWrittenOtherwiseNow) {
  three_nights();
  run("ALTER TABLE users RENAME TO passing; ALTER TABLE passing RENAME TO USERS;"
      "INSERT INTO users VALUES (5, 'Barbara', NULL)");
  take("2026-11-22");
  const std::string text = must({"diff", "2026-11-21", "2026-11-22"});
  expect_holds(text, "table USERS changed\n");
  expect_holds(text, "rows of USERS: 1 added\n");
  must({"restore", "2026-11-21:history.db", in_folder("old.db"), "-q"});
  write_text(in_folder("script.sql"),
             must({"diff", "2026-11-21", "2026-11-22", "history.db", "--sql"}));
  const auto in_old = [&](const std::string& rest) {
    return shell("sqlite3 " + quoted(in_folder("old.db")) + " " + rest).output;
  };
  EXPECT_EQ(in_old("< " + quoted(in_folder("script.sql"))), "");
  EXPECT_EQ(in_old("'SELECT sum(id) FROM users'"), "13\n");
  EXPECT_EQ(in_old("'PRAGMA integrity_check'"), "ok\n");
}

TEST_F(DiffProgram, AsJson) {
  three_nights();
  const Json json = must_json({"diff", "2026-11-20", "2026-11-21", "history.db", "--rows"});
  EXPECT_EQ(json["before"], "2026-11-20T00-00-00Z");
  EXPECT_EQ(json["after"], "2026-11-21T00-00-00Z");
  ASSERT_EQ(json["files"].size(), 1U);
  const Json& file = json["files"][0];
  EXPECT_EQ(file["path"], "history.db");
  EXPECT_EQ(file["change"], "changed");
  EXPECT_GT(file["differing_bytes_after"], 0);
  const Json& tables = file["database"]["tables"];
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0]["table"], "users");
  EXPECT_EQ(tables[0]["key"], Json({"id"}));
  EXPECT_EQ(tables[0]["removed"], 1);
  EXPECT_EQ(tables[0]["rows"][0]["change"], "removed");
  EXPECT_EQ(tables[0]["rows"][0]["after"], nullptr);
  EXPECT_EQ(tables[0]["rows"][0]["before"],
            Json({{"id", 2}, {"name", "Grace Hopper"}, {"photo", {{"hex", "00ff"}}}}));
}

// ON CONFLICT REPLACE would make room by deleting a row that came since.
TEST_F(DiffProgram, ItsScriptDeletesNoRowThatIsInTheWay) {
  run("CREATE TABLE held(id INTEGER PRIMARY KEY, m TEXT UNIQUE ON CONFLICT REPLACE);"
      "INSERT INTO held VALUES (2, 'b')");
  take("2026-11-20");
  run("INSERT INTO held VALUES (1, 'a')");
  take("2026-11-21");
  write_text(in_folder("script.sql"), must({"diff", "2026-11-20", "2026-11-21", "--sql"}));
  run("DELETE FROM held WHERE id = 1; INSERT INTO held VALUES (9, 'a')");
  const std::string live = quoted(in_folder("history.db").native());
  EXPECT_NE(shell("sqlite3 " + live + " < " + quoted(in_folder("script.sql").native())).status, 0);
  EXPECT_EQ(shell("sqlite3 " + live + " 'SELECT group_concat(id || m) FROM held'").output,
            "2b,9a\n");
}

TEST_F(DiffProgram, ItsScriptTurnsOneStateIntoTheOther) {
  three_nights();
  must({"restore", "2026-11-19:history.db", in_folder("old.db"), "-q"});
  const std::string script = must({"diff", "2026-11-19", "latest", "--sql"});
  Database(in_folder("old.db")).run(script);
  take("2026-11-22", {in_folder("old.db"), "--as", "history.db"});
  const Json json = must_json({"diff", "2026-11-21", "2026-11-22"});
  for (const Json& file : json["files"]) {
    EXPECT_EQ(file["database"]["tables"], Json::array()) << file;
    EXPECT_EQ(file["database"]["schema"], Json::array()) << file;
  }
}

TEST_F(DiffProgram, ItsScriptIsDoneAsAWholeOrNotAtAll) {
  three_nights();
  write_text(in_folder("script.sql"), must({"diff", "2026-11-19", "latest", "--sql"}));
  const std::string old = quoted(in_folder("old.db").native());
  const auto in_shell = [&] {
    return shell("sqlite3 " + old + " < " + quoted(in_folder("script.sql").native()));
  };
  const auto refuses = [&](const std::string& change) {
    must({"restore", "2026-11-19:history.db", in_folder("old.db"), "-q", "--yes", "--no-safety"});
    Database(in_folder("old.db")).run(change);
    const std::string before = shell("sqlite3 " + old + " .dump").output;
    const ShellResult result = in_shell();
    EXPECT_NE(result.status, 0);
    expect_holds(result.output, "a statement failed: nothing was changed");
    EXPECT_EQ(shell("sqlite3 " + old + " .dump").output, before) << change;
  };
  refuses("INSERT INTO users VALUES (4, 'in the way', NULL)");
  refuses("DELETE FROM users WHERE id = 2");
  refuses("CREATE INDEX users_by_name ON users(photo)");
  refuses("ALTER TABLE users RENAME COLUMN photo TO picture");
  must({"restore", "2026-11-19:history.db", in_folder("old.db"), "-q", "--yes", "--no-safety"});
  const ShellResult done = in_shell();
  EXPECT_EQ(done.status, 0) << done.output;
}

// The sqlite3 shell takes them from the ends of lines.
TEST_F(DiffProgram, ItsScriptKeepsCarriageReturns) {
  run("CREATE TABLE t(a TEXT PRIMARY KEY, b); INSERT INTO t VALUES ('k' || char(13, 10), 'old')");
  take("2026-11-19");
  run("UPDATE t SET b = '\\r' || char(13, 10, 0) || '\\0' || char(13); "
      "CREATE TABLE made(a,\r\n  b)");
  take("2026-11-20");
  must({"restore", "2026-11-19:history.db", in_folder("old.db"), "-q"});
  write_text(in_folder("script.sql"), must({"diff", "2026-11-19", "latest", "--sql"}));
  const std::string old = "sqlite3 " + quoted(in_folder("old.db").native());
  const ShellResult done = shell(old + " < " + quoted(in_folder("script.sql").native()));
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(shell(old + " 'SELECT hex(a), hex(b) FROM t'").output, "6B0D0A|5C720D0A005C300D\n");
  EXPECT_EQ(
      shell(old + " \"SELECT replace(sql, char(13), '') FROM sqlite_schema WHERE name = 'made'\"")
          .output,
      "CREATE TABLE made(a,\n  b)\n");
}

// What stood in the database before its CHECK did comes through.
TEST_F(DiffProgram, ItsScriptTakesRowsThatBreakACheck) {
  run("CREATE TABLE t(a INTEGER PRIMARY KEY, b CHECK (b > 0)); INSERT INTO t VALUES (1, 1)");
  take("2026-11-19");
  run("PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (2, -2)");
  take("2026-11-20", {in_folder("history.db"), "--verify", "none"});
  must({"restore", "2026-11-19:history.db", in_folder("old.db"), "-q"});
  Database(in_folder("old.db")).run(must({"diff", "2026-11-19", "latest", "--sql"}));
  EXPECT_EQ(shell("sqlite3 " + quoted(in_folder("old.db").native()) + " 'SELECT b FROM t'").output,
            "1\n-2\n");
}

TEST_F(DiffProgram, FilesAndFolders) {
  const auto www = in_folder("www");
  std::filesystem::create_directory(www);
  write_text(www / "stays", "the same");
  write_text(www / "goes", "old");
  write_text(www / "grows", "a");
  take("2026-11-19", {www});
  std::filesystem::remove(www / "goes");
  write_text(www / "grows", "aa");
  write_text(www / "comes", "new");
  take("2026-11-20", {www});
  const std::string text = must({"diff", "2026-11-19", "2026-11-20"});
  expect_holds(text, "+ www/comes  3 B\n");
  expect_holds(text, "- www/goes  3 B\n");
  expect_holds(text, "~ www/grows  1 B -> 2 B, 2 B in chunks that differ\n");
  EXPECT_EQ(text.find("stays"), std::string::npos);
  EXPECT_EQ(must_json({"diff", "2026-11-19", "2026-11-20", "www/grows"})["files"].size(), 1U);
}

TEST_F(DiffProgram, RefusesWhatCannotBe) {
  three_nights();
  expect_holds(refused(1, {"diff", "2026-11-19", "latest", "nothing.db"}), "neither");
  expect_holds(refused(1, {"diff", "1999-01-01", "latest"}), "1999");
  expect_holds(refused(2, {"diff", "latest"}), "B is required");
  expect_holds(refused(2, {"diff", "2026-11-19", "latest", "--sql", "--json"}), "--json");
  expect_holds(refused(1, {"log", "nothing.db"}), "no snapshot has 'nothing.db'");
  expect_holds(refused(1, {"log", "history.db", "--table", "nobody"}), "no table 'nobody'");
  expect_holds(refused(2, {"log", "history.db", "--key", "1"}), "--table");
  expect_holds(refused(1, {"log", "history.db", "--table", "users", "--key", "99"}), "99");
  expect_holds(refused(2, {"log", "history.db", "--table", "users", "--key", "1,2", "-q", "-x"}),
               "-x");
  write_text(in_folder("plain.txt"), "no database");
  take("2026-11-22", {in_folder("plain.txt")});
  expect_holds(refused(2, {"log", "plain.txt", "--table", "users"}), "no SQLite database");
}

TEST_F(DiffProgram, WhenDidThisRowVanish) {
  three_nights();
  write_text(in_folder("other.txt"), "another source, which tells nothing of the database");
  take("2026-11-22", {in_folder("other.txt")});
  const std::string text = must({"log", "history.db", "--table", "users", "--key", "2"});
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);  // titles
  std::getline(lines, line);
  EXPECT_TRUE(
      line.starts_with("2026-11-21T00-00-00Z  vanished  last seen in "
                       "2026-11-20T00-00-00Z: id=2, name='Grace Hopper'"))
      << text;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("2026-11-20T00-00-00Z  changed   name 'Grace' -> 'Grace Hopper'"))
      << text;
  std::getline(lines, line);
  EXPECT_TRUE(line.starts_with("2026-11-19T00-00-00Z  appeared  id=2, name='Grace'")) << text;
  EXPECT_FALSE(std::getline(lines, line)) << text;
}

TEST_F(DiffProgram, TheHistoryOfATableAndOfAFile) {
  three_nights();
  take("2026-11-22T01:00");  // nothing changed
  const Json table = must_json({"log", "history.db", "--table", "users"});
  ASSERT_EQ(table["events"].size(), 3U);
  EXPECT_EQ(table["events"][0]["removed"], 1);
  EXPECT_EQ(table["events"][1]["added"], 1);
  EXPECT_EQ(table["events"][1]["changed"], 1);
  EXPECT_EQ(table["events"][1]["schema"], Json({"index users_by_name added"}));
  EXPECT_EQ(table["events"][2]["change"], "appeared");
  EXPECT_EQ(must_json({"log", "history.db", "--table", "quiet"})["events"].size(), 1U);
  const Json file = must_json({"log", "history.db"});
  ASSERT_EQ(file["events"].size(), 3U);
  EXPECT_EQ(file["events"][0]["snapshot"], "2026-11-21T00-00-00Z");
  EXPECT_EQ(file["events"][2]["change"], "appeared");
}

// One is damaged, one is empty: what lies between and behind them is told all the same.
TEST_F(DiffProgram, TheHistoryPassesOverVersionsThatCannotBeRead) {
  three_nights();
  const std::string good = content_of(in_folder("history.db"));
  write_text(in_folder("history.db"), good.substr(0, 4096) + std::string(good.size() - 4096, '?'));
  varve({"ingest", in_folder("history.db"), "--time", "2026-11-22", "-q"});
  write_text(in_folder("history.db"), good);
  run("INSERT INTO users VALUES (2, 'Grace', NULL)");
  take("2026-11-23");
  write_text(in_folder("history.db"), "");
  varve({"ingest", in_folder("history.db"), "--time", "2026-11-24", "-q"});
  for (const Words& more : {Words{}, Words{"--key", "2"}}) {
    Words words = {"log", "history.db", "--table", "users"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult result = varve(words);
    EXPECT_EQ(result.status, 3);
    expect_holds(result.out, "2026-11-23T00-00-00Z");
    expect_holds(result.out, "2026-11-19T00-00-00Z");
    expect_holds(result.err,
                 "history.db of 2026-11-22T00-00-00Z cannot be read, and is passed over");
    expect_holds(result.err,
                 "history.db of 2026-11-24T00-00-00Z cannot be read, and is passed over");
  }
}

TEST_F(DiffProgram, KeysOfSeveralColumnsAndRowids) {
  run("CREATE TABLE pairs(k TEXT, n INT, v, PRIMARY KEY(k, n)) WITHOUT ROWID; CREATE TABLE "
      "bare(a); INSERT INTO pairs VALUES ('x', 1, 'old'); INSERT INTO bare VALUES ('b')");
  take("2026-11-19");
  run("UPDATE pairs SET v = 'new';"
      "INSERT INTO pairs VALUES ('a,b', 2, 'comma'), ('it''s', 3, 'quote');"
      "CREATE TABLE single(k TEXT PRIMARY KEY, v); INSERT INTO single VALUES ('a,b', 'comma')");
  take("2026-11-20");
  const Json pair = must_json({"log", "history.db", "--table", "pairs", "--key", "x,1"});
  ASSERT_EQ(pair["events"].size(), 2U);
  EXPECT_EQ(pair["events"][0]["after"]["v"], "new");
  const auto value_of = [&](const std::string& table, const std::string& key) {
    return must_json(
        {"log", "history.db", "--table", table, "--key", key})["events"][0]["after"]["v"];
  };
  EXPECT_EQ(value_of("pairs", "'x',1"), "new");
  EXPECT_EQ(value_of("pairs", "'a,b',2"), "comma");
  EXPECT_EQ(value_of("pairs", "'it''s',3"), "quote");
  EXPECT_EQ(value_of("pairs", "it's,3"), "quote");
  EXPECT_EQ(value_of("single", "a,b"), "comma");
  EXPECT_EQ(value_of("single", "'a,b'"), "comma");
  EXPECT_EQ(must_json({"log", "history.db", "--table", "bare", "--key", "1"})["events"].size(), 1U);
  expect_holds(refused(2, {"log", "history.db", "--table", "pairs", "--key", "x"}),
               "(\"k\", \"n\")");
}

TEST_F(DiffProgram, KeysThatAreBlobs) {
  run("CREATE TABLE ids(id BLOB PRIMARY KEY, v); CREATE TABLE pairs(a BLOB, b TEXT, v, PRIMARY "
      "KEY(a, b)) WITHOUT ROWID; INSERT INTO ids VALUES (x'00ff', 'blob'), ('00ff', 'text'), "
      "('X''00ff''', 'quotes'), (x'', 'empty'); INSERT INTO pairs VALUES (x'ab', 'c', 'pair')");
  take("2026-11-19");
  const auto value_of = [&](const std::string& table, const std::string& key) {
    return must_json(
        {"log", "history.db", "--table", table, "--key", key})["events"][0]["after"]["v"];
  };
  EXPECT_EQ(value_of("ids", "X'00ff'"), "blob");
  EXPECT_EQ(value_of("ids", "x'00FF'"), "blob");
  EXPECT_EQ(value_of("ids", "X''"), "empty");
  EXPECT_EQ(value_of("ids", "00ff"), "text");
  EXPECT_EQ(value_of("ids", "'X''00ff'''"), "quotes");
  EXPECT_EQ(value_of("pairs", "X'ab',c"), "pair");
  for (const char* const key : {"X'00f'", "X'00fg'", "X'0 ff'", "X'-1'", "X'"}) {
    expect_holds(refused(1, {"log", "history.db", "--table", "ids", "--key", key}),
                 std::string("no snapshot has a row with the key ") + key + " in");
  }
}

// Of docs and docs_old both names stand in front of "docs_old_content".
TEST_F(DiffProgram, VirtualTablesAreComparedWhereTheyAreKept) {
  run("CREATE VIRTUAL TABLE docs USING fts5(body); CREATE VIRTUAL TABLE docs_old USING fts5(body);"
      "CREATE TABLE docs_plain(id INTEGER PRIMARY KEY); INSERT INTO docs VALUES ('one');");
  take("2026-11-19");
  run("INSERT INTO docs VALUES ('two'); INSERT INTO docs_old VALUES ('three');"
      "INSERT INTO docs_plain VALUES (1)");
  take("2026-11-20");
  const std::string text = must({"diff", "2026-11-19", "2026-11-20"});
  expect_holds(text,
               "rows of docs_content: 1 added (where the virtual table docs keeps its own)\n");
  expect_holds(text,
               "rows of docs_old_content: 1 added (where the virtual table docs_old keeps its "
               "own)\n");
  expect_holds(text, "rows of docs_plain: 1 added\n");
  const Json tables =
      must_json({"diff", "2026-11-19", "2026-11-20"})["files"][0]["database"]["tables"];
  for (const Json& table : tables) {
    const bool is_plain = table["table"] == "docs_plain";
    const bool is_old = std::string(table["table"]).starts_with("docs_old_");
    EXPECT_EQ(table["virtual_table"], is_plain ? Json() : Json(is_old ? "docs_old" : "docs"));
  }
  const std::string complaint =
      "docs is a virtual table, which has no rows of its own: its module keeps them in "
      "docs_config, "
      "docs_content, docs_data, docs_docsize, docs_idx, whose history can be asked for";
  expect_holds(refused(2, {"log", "history.db", "--table", "docs"}), complaint);
  expect_holds(refused(2, {"log", "history.db", "--table", "docs", "--key", "1"}), complaint);
  const Json content = must_json({"log", "history.db", "--table", "docs_content"});
  EXPECT_EQ(content["events"].size(), 2U);
}

}  // namespace
}  // namespace varve
