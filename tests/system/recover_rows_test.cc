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

TEST_F(RecoverRows, PrintsAScriptThatDoesIt) {
  run("DELETE FROM orders WHERE id = 30; DELETE FROM users WHERE id = 3;"
      "UPDATE users SET name = 'other' WHERE id = 4");
  const ProgramResult result = varve(command_for({}));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out,
               "INSERT INTO \"users\"(\"id\", \"name\", \"mail\") VALUES (3, 'user 3', "
               "'mail3');\n");
  expect_holds(result.out, "-- UPDATE \"users\" SET \"name\" = 'user 4' WHERE \"id\" = 4;\n");
  expect_holds(result.out, "-- users: 1 row missing, 1 otherwise now\n");
  EXPECT_EQ(value("SELECT count(*) FROM users"), "99");  // nothing was done yet
  run(result.out);
  expect_as_stored();
  EXPECT_EQ(value("SELECT name FROM users WHERE id = 4"), "other");
  EXPECT_EQ(names().size(), 1U);
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

}  // namespace
}  // namespace varve
