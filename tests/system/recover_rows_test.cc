// Rows that were deleted by accident come back into a SQLite database in use.
#include <fmt/format.h>

#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

class RecoverRows : public VarveProgram {
 protected:
  void SetUp() override {
    init();
    run("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;"
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, mail TEXT UNIQUE);"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users ON "
        "DELETE CASCADE, note TEXT);"
        "CREATE TABLE bare(a, b);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO "
        "users SELECT i, 'user ' || i, 'mail' || i FROM n;"
        "INSERT INTO orders SELECT id * 10, id, 'it''s\nnote ' || id FROM users;"
        "INSERT INTO bare VALUES ('x', 1), ('x', 1), ('y', NULL)");
    must({"ingest", live(), "--time", "2025-11-20", "-q"});
  }

  std::string live() const { return in_folder("history.db"); }
  void run(const std::string& sql) const { Database(live()).run(sql); }
  // The only value that a query gives.
  std::string value(const std::string& sql) const {
    sqlite3* opened = nullptr;
    ::sqlite3_open(live().c_str(), &opened);
    std::string text = "nothing";
    ::sqlite3_exec(
        opened, sql.c_str(),
        [](void* out, int, char** values, char**) {
          *static_cast<std::string*>(out) = values[0] == nullptr ? "NULL" : values[0];
          return 0;
        },
        &text, nullptr);
    ::sqlite3_close(opened);
    return text;
  }
  Words command_for(Words more) const {
    Words words = {"recover-rows", "2025-11-20:history.db", live()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // Everything that the sqlite3 shell is asked to do, as people ask it.
  ShellResult in_shell(const std::string& script) const {
    write_text(in_folder("script.sql"), script);
    return shell(
        fmt::format("sqlite3 {} < {}", quoted(live()), quoted(in_folder("script.sql").native())));
  }
  void expect_as_stored() const {
    EXPECT_EQ(value("SELECT count(*) FROM users"), "100");
    EXPECT_EQ(value("SELECT count(*) FROM orders"), "100");
    EXPECT_EQ(value("SELECT count(*) FROM pragma_foreign_key_check"), "0");
    EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
  }
};

TEST_F(RecoverRows, TheAccidentalDelete) {
  Database application(live());  // stays connected, and goes on writing
  application.run("PRAGMA foreign_keys = ON; DELETE FROM users WHERE id BETWEEN 20 AND 39");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "80");  // they went with their users
  application.run("INSERT INTO users VALUES (500, 'new', 'new')");
  const std::string text = must(command_for({"--apply", "--yes"}));
  expect_holds(text, "inserted 20 rows into users\n");
  expect_holds(text, "inserted 20 rows into orders\n");
  application.run("INSERT INTO users VALUES (501, 'newer', 'newer')");
  EXPECT_EQ(value("SELECT count(*) FROM users"), "102");
  EXPECT_EQ(value("SELECT mail FROM users WHERE id = 25"), "mail25");
  EXPECT_EQ(value("SELECT note FROM orders WHERE user = 25"), "it's\nnote 25");

  // The way back: what was there before is a snapshot.
  const Json list = must_json({"list"});
  const Json& safety = list["snapshots"].back();
  EXPECT_EQ(safety["tags"], Json({"pre-restore"}));
  EXPECT_EQ(safety["sources"], Json({"history.db.pre-restore"}));
  expect_holds(text, safety["name"]);
  must({"restore", std::string(safety["name"]) + ":history.db.pre-restore", in_folder("before.db"),
        "-q", "--yes"});
  Database(in_folder("before.db")).run("INSERT INTO users VALUES (20, 'free', 'free')");

  EXPECT_EQ(must(command_for({"--apply", "--yes"})), "nothing had to be done\n");
}

TEST_F(RecoverRows, OneThatFailsLeavesNothingToUndo) {
  run("CREATE TABLE u(id INTEGER PRIMARY KEY, n UNIQUE); INSERT INTO u VALUES (1, 'a'), (2, 'b')");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  run("DELETE FROM u WHERE id = 2; INSERT INTO u VALUES (9, 'b')");
  expect_holds(refused(1, {"recover-rows", "2025-11-21:history.db", live(), "--apply", "--yes"}),
               "Nothing was changed");
  EXPECT_EQ(names().size(), 2U) << "a safety snapshot of what was not changed";
  run("INSERT INTO u VALUES (10, 'later')");
  expect_holds(refused(1, {"restore", "--undo", live(), "--yes"}), "no safety snapshot");
  EXPECT_EQ(value("SELECT n FROM u WHERE id = 10"), "later");
}

TEST_F(RecoverRows, PrintsAScriptThatDoesIt) {
  run("DELETE FROM orders WHERE id = 30; DELETE FROM users WHERE id = 3;"
      "UPDATE users SET name = 'other' WHERE id = 4");
  const ProgramResult result = varve(command_for({}));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out,
               "INSERT INTO \"varve_users\"(\"id\", \"name\", \"mail\") VALUES (3, 'user 3', "
               "'mail3');\n");
  expect_holds(result.out, "-- UPDATE \"users\" SET \"name\" = 'user 4' WHERE \"id\" = 4;\n");
  expect_holds(result.out, "-- users: 1 row missing, 1 otherwise now\n");
  EXPECT_EQ(value("SELECT count(*) FROM users"), "99");  // nothing was done yet
  run(result.out);
  expect_as_stored();
  EXPECT_EQ(value("SELECT name FROM users WHERE id = 4"), "other");
  EXPECT_EQ(names().size(), 1U);
}

// The shell goes on behind an error: then nothing of the script may stay.
TEST_F(RecoverRows, AScriptIsDoneAsAWholeOrNotAtAll) {
  run("DELETE FROM orders WHERE user IN (3, 4, 5); DELETE FROM users WHERE id IN (3, 4, 5)");
  const std::string script = must(command_for({}));
  const auto refuses = [&](const std::string& words) {
    const std::string before = shell("sqlite3 " + quoted(live()) + " .dump").output;
    const ShellResult result = in_shell(script);
    EXPECT_NE(result.status, 0);
    expect_holds(result.output, words);
    EXPECT_EQ(shell("sqlite3 " + quoted(live()) + " .dump").output, before);
  };
  run("INSERT INTO users VALUES (900, 'thief', 'mail4')");
  refuses("UNIQUE constraint failed: users.mail");
  refuses("a statement failed: nothing was changed");
  run("DELETE FROM users WHERE id = 900");
  for (const char* way : {"ABORT", "FAIL", "ROLLBACK"}) {
    run(
        fmt::format("CREATE TRIGGER no BEFORE INSERT ON users WHEN NEW.id = 4 BEGIN SELECT "
                    "RAISE({}, 'not this one'); END",
                    way));
    refuses("not this one");
    run("DROP TRIGGER no");
  }
  run("CREATE TRIGGER no BEFORE INSERT ON users WHEN NEW.id = 4 BEGIN SELECT RAISE(IGNORE); END");
  refuses("a statement failed: nothing was changed");
  run("DROP TRIGGER no; ALTER TABLE orders RENAME COLUMN note TO words");
  refuses("note");
  run("ALTER TABLE orders RENAME COLUMN words TO note;"
      // Its rows count for nobody's.
      "CREATE TRIGGER more AFTER INSERT ON users WHEN NEW.id < 1000 BEGIN INSERT INTO users VALUES "
      "(NEW.id + 1000, 'more', NULL); END");
  const ShellResult done = in_shell(script);
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(value("SELECT count(*) FROM users"), "103");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "100");
}

TEST_F(RecoverRows, AScriptPutsBackWhatIsOtherwiseNow) {
  run("UPDATE users SET name = 'other', mail = 'mail' || (id + 1000) WHERE id IN (4, 5)");
  const std::string script = must(command_for({"--changed"}));
  run("UPDATE users SET mail = 'mail4' WHERE id = 50");
  EXPECT_NE(in_shell(script).status, 0);
  EXPECT_EQ(value("SELECT count(*) FROM users WHERE name = 'other'"), "2");
  run("UPDATE users SET mail = 'mail50' WHERE id = 50");
  EXPECT_EQ(in_shell(script).status, 0);
  EXPECT_EQ(value("SELECT name || mail FROM users WHERE id = 4"), "user 4mail4");
}

TEST_F(RecoverRows, RowsWithNullInTheirKeyAreEachOne) {
  run("CREATE TABLE loose(a TEXT COLLATE NOCASE, b INT, v, PRIMARY KEY(a, b));"
      "INSERT INTO loose VALUES (NULL, 3, 'twice'), (NULL, 3, 'twice'), ('x', NULL, 1), "
      "('X', NULL, 1), ('whole', 1, 2)");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  const Words command = {"recover-rows", "2025-11-21:history.db", live(), "--table", "loose"};
  const auto apply = [&] {
    Words words = command;
    words.insert(words.end(), {"--apply", "--yes", "--no-safety"});
    return must(words);
  };
  run("DELETE FROM loose WHERE rowid = 1");
  expect_holds(must(command), "-- loose: 1 row missing");
  expect_holds(apply(), "inserted 1 row into loose");
  EXPECT_EQ(value("SELECT count(*) FROM loose WHERE v = 'twice'"), "2");
  run("DELETE FROM loose");
  expect_holds(must(command), "-- loose: 5 rows missing");
  expect_holds(apply(), "inserted 5 rows into loose");
  EXPECT_EQ(value("SELECT count(*) FROM loose WHERE v = 'twice'"), "2");
  run("DELETE FROM loose WHERE a = 'x' AND rowid = (SELECT min(rowid) FROM loose WHERE a = 'x')");
  expect_holds(apply(), "inserted 1 row into loose");
  EXPECT_EQ(value("SELECT count(DISTINCT a COLLATE BINARY) FROM loose WHERE b IS NULL"), "2");
  EXPECT_EQ(apply(), "nothing had to be done\n");
}

TEST_F(RecoverRows, OnlyWhatCameBackIsCounted) {
  run("DELETE FROM orders WHERE id IN (30, 40, 50);"
      "CREATE TRIGGER no BEFORE INSERT ON orders WHEN NEW.id < 50 BEGIN SELECT RAISE(IGNORE); END");
  const ProgramResult result = varve(command_for({"--apply", "--yes", "--no-safety"}));
  EXPECT_EQ(result.status, 3);
  expect_holds(result.out, "inserted 1 row into orders\n");
  expect_holds(result.err, "2 rows of orders did not come back: a trigger");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "98");
  const ProgramResult json = varve(command_for({"--apply", "--yes", "--no-safety", "--json"}));
  EXPECT_EQ(Json::parse(json.out)["tables"][1]["passed_over"], 2);
}

TEST_F(RecoverRows, AVirtualTableThatLostRowsIsNotPassedOver) {
  run("CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('one'), ('two')");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  const Words command = {"recover-rows", "2025-11-21:history.db", live()};
  run("INSERT INTO words VALUES ('three')");
  EXPECT_EQ(varve(command).status, 0) << "nothing of it is gone";
  run("DELETE FROM words WHERE rowid = 1; DELETE FROM orders WHERE id = 30");
  const ProgramResult result = varve(command);
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err,
               "words cannot be recovered row by row: it is a virtual table, and 1 of its stored "
               "rows is not there now");
  expect_holds(result.out, "-- orders: 1 row missing");
  run("DROP TABLE words");
  expect_holds(varve(command).err, "words cannot be recovered row by row");
}

TEST_F(RecoverRows, AViewOfTheTablesNameStandsInTheWay) {
  run("ALTER TABLE orders RENAME TO old_orders; CREATE VIEW orders AS SELECT * FROM old_orders");
  const ProgramResult result = varve(command_for({"--table", "orders"}));
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err,
               "orders cannot be recovered row by row: the live database has a view of that name");
  EXPECT_EQ(result.out.find("CREATE TABLE"), std::string::npos) << result.out;
}

TEST_F(RecoverRows, AReadOnlyDatabaseIsRefusedBeforeAnythingIsDone) {
  run("DELETE FROM orders WHERE id = 30; PRAGMA journal_mode = DELETE");
  const Path folder = in_folder("sealed");
  std::filesystem::create_directory(folder);
  std::filesystem::rename(live(), folder / "history.db");
  // Root writes whatever the mode says, but not on a read-only mount.
  const std::string command = fmt::format(
      "unshare -m sh -c {}",
      quoted(fmt::format("mount --bind {0} {0} && mount -o remount,ro,bind {0} && {1} -r {2} "
                         "recover-rows 2025-11-20:history.db {0}/history.db --apply --yes",
                         quoted(folder), VARVE_BINARY, quoted(repository()))));
  if (shell("unshare -m true").status != 0) GTEST_SKIP() << "no right to mount";
  const ShellResult result = shell(command);
  EXPECT_EQ(result.status, 1);
  expect_holds(result.output, "history.db is read-only for this user: nothing was changed");
  EXPECT_EQ(names().size(), 1U) << "no safety snapshot for nothing";
}

TEST_F(RecoverRows, ChangedRowsOnlyWhereTheyAreAskedFor) {
  run("UPDATE users SET name = 'other' WHERE id < 5; DELETE FROM orders WHERE id = 1000");
  must(command_for({"--apply", "--yes", "--no-safety", "--table", "users"}));
  EXPECT_EQ(value("SELECT name FROM users WHERE id = 4"), "other");
  expect_holds(must(command_for({"--changed", "--apply", "--yes", "--no-safety"})),
               "put back 4 rows of users\n");
  EXPECT_EQ(value("SELECT name FROM users WHERE id = 4"), "user 4");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "99");  // that one is missing, not changed
  EXPECT_EQ(names().size(), 1U);                          // no safety snapshot
}

TEST_F(RecoverRows, SomeRowsOfOneTable) {
  run("PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id > 90");
  must(command_for({"--table", "users", "--where", "name LIKE '%5' -- those", "--apply", "--yes",
                    "--no-safety"}));
  EXPECT_EQ(value("SELECT group_concat(id) FROM users WHERE id > 90"), "95");
  expect_holds(refused(2, command_for({"--where", "id = 1"})), "--table");
  expect_holds(refused(1, command_for({"--table", "users", "--where", "nonsense = 1"})),
               "nonsense");
}

TEST_F(RecoverRows, ChildrenWithoutParentsAreRefused) {
  run("PRAGMA foreign_keys = ON; DELETE FROM users WHERE id IN (7, 8)");
  const std::string complaint = refused(1, command_for({"--table", "orders", "--apply", "--yes"}));
  expect_holds(complaint, "2 rows of orders would refer to no row of users (user=7)");
  expect_holds(complaint, "--table users --table orders");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "98");
  EXPECT_EQ(names().size(), 1U);  // nothing was begun
  const ProgramResult shown = varve(command_for({"--table", "orders"}));
  EXPECT_EQ(shown.status, 3);
  expect_holds(shown.err, "would refer to no row of users");
  must(command_for({"--table", "orders", "--table", "users", "--apply", "--yes"}));
  expect_as_stored();
}

TEST_F(RecoverRows, ARowThatStandsInTheWayIsNamed) {
  run("DELETE FROM orders WHERE user = 9; DELETE FROM users WHERE id IN (9, 10);"
      "INSERT INTO users VALUES (900, 'thief', 'mail9')");
  const std::string complaint = refused(1, command_for({"--table", "users", "--apply", "--yes"}));
  expect_holds(complaint, "UNIQUE constraint failed: users.mail");
  expect_holds(complaint, "id=9");
  EXPECT_EQ(value("SELECT count(*) FROM users WHERE id IN (9, 10)"), "0");  // all or nothing
}

// ON CONFLICT REPLACE would make room by deleting the row that is there now.
TEST_F(RecoverRows, NoRowHasToGoForOneThatComesBack) {
  run("CREATE TABLE held(id INTEGER PRIMARY KEY, m TEXT UNIQUE ON CONFLICT REPLACE);"
      "INSERT INTO held VALUES (1, 'a'), (2, 'b'); CREATE TABLE log(t TEXT UNIQUE);"
      "CREATE TRIGGER noted AFTER INSERT ON users BEGIN INSERT OR IGNORE INTO log VALUES ('new'); "
      "END; INSERT INTO log VALUES ('new')");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  const Words command = {"recover-rows", "2025-11-21:history.db", live(), "--table", "held"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), command.begin(), command.end());
    return more;
  };
  run("DELETE FROM held WHERE id = 1; INSERT INTO held VALUES (9, 'a')");
  const ShellResult missing = in_shell(must(command));
  EXPECT_NE(missing.status, 0);
  expect_holds(missing.output, "UNIQUE constraint failed: held.m");
  expect_holds(refused(1, with({"--apply", "--yes"})), "UNIQUE constraint failed: held.m");
  EXPECT_EQ(value("SELECT group_concat(id || m) FROM held"), "2b,9a");
  run("UPDATE held SET m = 'c' WHERE id = 2; INSERT INTO held VALUES (77, 'b'); DELETE FROM held "
      "WHERE id = 9");
  EXPECT_NE(in_shell(must(with({"--changed"}))).status, 0);
  expect_holds(refused(1, with({"--changed", "--apply", "--yes"})), "UNIQUE constraint failed");
  EXPECT_EQ(value("SELECT group_concat(id || m) FROM held"), "2c,77b");
  // A trigger's own clause goes on to count.
  run("DELETE FROM orders WHERE user = 3; DELETE FROM users WHERE id = 3");
  EXPECT_EQ(in_shell(must(command_for({"--table", "users"}))).status, 0);
  EXPECT_EQ(value("SELECT count(*) FROM users"), "100");
}

TEST_F(RecoverRows, WithoutAPrimaryKeyWholeRowsCount) {
  run("DELETE FROM bare WHERE rowid = 1; INSERT INTO bare VALUES ('new', 2)");
  const ProgramResult result = varve(command_for({"--table", "bare"}));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "-- bare: it has no primary key: whole rows are compared");
  must(command_for({"--table", "bare", "--apply", "--yes", "--no-safety"}));
  EXPECT_EQ(value("SELECT count(*) FROM bare WHERE a = 'x'"), "2");
  EXPECT_EQ(value("SELECT count(*) FROM bare"), "4");
}

TEST_F(RecoverRows, ColumnsThatCameAndWent) {
  run("ALTER TABLE users ADD COLUMN phone TEXT DEFAULT 'none'; ALTER TABLE users DROP COLUMN name;"
      "PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id = 50");
  const std::string text =
      must(command_for({"--table", "users", "--apply", "--yes", "--no-safety"}));
  expect_holds(text, "its column phone is new");
  expect_holds(text, "its column name is no more");
  EXPECT_EQ(value("SELECT mail || phone FROM users WHERE id = 50"), "mail50none");

  run("CREATE TABLE new_bare(a, b AS (a || '!')); DROP TABLE bare;"
      "ALTER TABLE new_bare RENAME TO bare");
  expect_holds(must(command_for({"--table", "bare"})),
               "-- bare: its column b is generated now: its values stay in the snapshot");

  run("CREATE TABLE new_users(id INTEGER PRIMARY KEY, mail TEXT, must TEXT NOT NULL);"
      "PRAGMA foreign_keys = OFF; DROP TABLE users; ALTER TABLE new_users RENAME TO users");
  const ProgramResult refusal = varve(command_for({"--table", "users"}));
  EXPECT_EQ(refusal.status, 3);
  expect_holds(refusal.err, "its column must is new, must not be NULL and has no default");
}

TEST_F(RecoverRows, ADroppedTable) {
  run("CREATE INDEX orders_by_user ON orders(user)");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  run("DROP TABLE orders");
  must({"recover-rows", "2025-11-21:history.db", live(), "--table", "orders", "--apply", "--yes",
        "--no-safety"});
  expect_as_stored();
  EXPECT_EQ(value("SELECT count(*) FROM sqlite_schema WHERE name = 'orders_by_user'"), "1");
}

TEST_F(RecoverRows, AsJson) {
  run("DELETE FROM orders WHERE id = 30; UPDATE users SET name = NULL WHERE id = 4");
  const Json json = must_json(command_for({}));
  EXPECT_EQ(json["applied"], false);
  ASSERT_EQ(json["rows"].size(), 2U);
  EXPECT_EQ(json["rows"][0]["table"], "orders");
  EXPECT_EQ(json["rows"][0]["state"], "missing");
  EXPECT_EQ(json["rows"][0]["stored"]["id"], "30");
  EXPECT_EQ(json["rows"][0]["live"], nullptr);
  EXPECT_EQ(json["rows"][1]["state"], "differs");
  EXPECT_EQ(json["rows"][1]["live"]["name"], nullptr);
  const Json done = must_json(command_for({"--apply", "--yes"}));
  EXPECT_EQ(done["applied"], true);
  EXPECT_EQ(done["tables"][1]["inserted"], 1);
  EXPECT_EQ(done["safety_snapshot"], names().back());
}

// On a terminal, which script(1) gives it.
TEST_F(RecoverRows, AsksBeforeItChangesAnything) {
  run("DELETE FROM orders WHERE id = 30");
  const auto answer = [&](const std::string& word) {
    const std::string typed = fmt::format("{} -r {} recover-rows 2025-11-20:history.db {} --apply",
                                          VARVE_BINARY, quoted(repository()), quoted(live()));
    return shell(
        fmt::format("printf '{}\\n' | script -qec {} /dev/null 2>&1", word, quoted(typed)));
  };
  const ShellResult no = answer("no");
  EXPECT_EQ(no.status, 1);
  expect_holds(no.output, "insert 1 row into orders of " + live() +
                              ", after a snapshot of it as it is? [y/N]");
  expect_holds(no.output, "nothing was changed, as it was not confirmed");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "99");
  EXPECT_EQ(names().size(), 1U);
  const ShellResult yes = answer("Yes");
  EXPECT_EQ(yes.status, 0) << yes.output;
  expect_holds(yes.output, "inserted 1 row into orders");
  expect_as_stored();
}

TEST_F(RecoverRows, ALockedDatabaseIsWaitedForAndThenLeft) {
  run("PRAGMA journal_mode = DELETE; DELETE FROM orders WHERE id = 30");
  Database writer(live());
  writer.run("BEGIN EXCLUSIVE");
  expect_holds(refused(11, command_for({"--apply", "--yes", "--busy-timeout", "0"})), "locked");
  writer.run("ROLLBACK");
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "99");
}

TEST_F(RecoverRows, RefusesWhatCannotBe) {
  expect_holds(refused(2, command_for({"--apply"})), "--yes");
  expect_holds(refused(2, command_for({"--yes"})), "--apply");
  expect_holds(refused(1, command_for({"--table", "nobody"})), "it has bare, orders, users");
  expect_holds(refused(1, {"recover-rows", "latest:history.db:history.db", in_folder("none.db")}),
               "none.db");
  write_text(in_folder("text.txt"), "no database");
  expect_holds(refused(1, {"recover-rows", "2025-11-20:history.db", in_folder("text.txt")}),
               "no SQLite database");
  expect_holds(refused(1, {"recover-rows", "2025-11-20:nothing.db", live()}), "nothing.db");
  expect_holds(refused(2, {"recover-rows", "2025-11-20:history.db", "postgresql:///none"}),
               "--table");
  must({"ingest", in_folder("text.txt"), "--time", "2025-11-22", "-q"});
  expect_holds(refused(2, {"recover-rows", "2025-11-22:text.txt", live()}), "no SQLite database");
}

// The script's own tables and views stand in front of those of the database.
TEST_F(RecoverRows, AScriptKeepsClearOfTheNamesOfTheDatabase) {
  const std::string tables =
      "CREATE TABLE varve(id INTEGER PRIMARY KEY, expected, done); CREATE TABLE varve_users(id "
      "INTEGER PRIMARY KEY, name); CREATE TABLE varve_varve(a, b); CREATE TABLE \"VARVE2\"(a); "
      "CREATE VIEW varve4x AS SELECT 1;";
  run(tables +
      "INSERT INTO varve VALUES (1, 5, 5), (2, 6, 6); INSERT INTO varve_users VALUES (1, 'a'); "
      "INSERT INTO varve_varve VALUES (1, 2); INSERT INTO \"VARVE2\" VALUES (3)");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  run("DELETE FROM varve WHERE id = 2; UPDATE varve SET done = 9; DELETE FROM varve_users; DELETE "
      "FROM varve_varve; DELETE FROM \"VARVE2\"; DELETE FROM orders WHERE id < 50");
  must({"ingest", live(), "--time", "2025-11-22", "-q"});
  const ProgramResult script =
      varve({"recover-rows", "2025-11-21:history.db", live(), "--missing", "--changed"});
  EXPECT_EQ(script.status, 0) << script.err;
  const auto expect_all = [&] {
    EXPECT_EQ(value("SELECT group_concat(id || expected || done) FROM varve"), "155,266");
    EXPECT_EQ(value("SELECT count(*) FROM varve_users"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM varve_varve"), "1");
    EXPECT_EQ(value("SELECT count(*) FROM VARVE2"), "1");
    expect_as_stored();
  };
  const ShellResult result = in_shell(script.out);
  EXPECT_EQ(result.status, 0) << result.output;
  expect_all();
  must({"restore", "2025-11-22:history.db", live(), "--force", "-q"});
  EXPECT_EQ(value("SELECT count(*) FROM VARVE2"), "0");
  const ShellResult changed =
      in_shell(must({"diff", "2025-11-22", "2025-11-21", "history.db", "--sql"}));
  EXPECT_EQ(changed.status, 0) << changed.output;
  expect_all();
}

TEST_F(RecoverRows, ATableThatHadNoRowsIsMadeAgain) {
  run("CREATE TABLE none(a)");
  must({"ingest", live(), "--time", "2025-11-21", "-q"});
  run("DROP TABLE none");
  const Words words = {"recover-rows", "2025-11-21:history.db", live()};
  expect_holds(must(words), "-- none: it is missing\n");
  Words apply = words;
  apply.insert(apply.end(), {"--apply", "--yes"});
  expect_holds(must(apply), "made none\n");
  EXPECT_EQ(value("SELECT count(*) FROM none"), "0");
  EXPECT_EQ(must(apply), "nothing had to be done\n");
}

}  // namespace
}  // namespace varve
