// Rows of a stored PostgreSQL dump come back into a live database.
#include <chrono>
#include <thread>

#include "tests/support/shell.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class RecoverPostgresRows : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql(R"(
      CREATE SCHEMA app;
      CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, extra json);
      CREATE TABLE app.orders (id int, line int, user_id bigint REFERENCES public.users
        ON DELETE CASCADE, note text, total numeric GENERATED ALWAYS AS (line * 1.5) STORED,
        raw bytea, PRIMARY KEY (id, line));
      CREATE TABLE bare (a text, b int);
      INSERT INTO users (name, extra) SELECT 'user ' || i, '{"n": 1}' FROM generate_series(1, 100) i;
      INSERT INTO app.orders (id, line, user_id, note, raw) SELECT i, i % 3, i,
        E'it''s\ttab\\ and\nline ' || i, '\x00ff' FROM generate_series(1, 100) i;
      INSERT INTO bare VALUES ('x', 1), ('x', 1), (NULL, 2);)");
    must({"ingest", shop(), "--time", "2025-11-20", "-q"});
  }

  Words command_for(Words more) const {
    Words words = {"recover-rows", "2025-11-20:shop.pgdump", shop()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string line(const std::string& text) const {
    std::string found = sql(text);
    while (found.ends_with('\n')) found.pop_back();
    return found;
  }
  void expect_nothing_left() const {
    EXPECT_EQ(line("SELECT count(*) FROM pg_class WHERE relname LIKE 'varve%'"), "0");
    EXPECT_EQ(line("SELECT count(*) FROM pg_database WHERE datname LIKE '%varve%'"), "0");
  }
};

TEST_F(RecoverPostgresRows, TheAccidentalDelete) {
  const std::string before = sql("SELECT * FROM users ORDER BY 1");
  const std::string orders = sql("SELECT * FROM app.orders ORDER BY 1");
  sql("DELETE FROM users WHERE id BETWEEN 20 AND 39");  // and their orders with them
  const std::string text =
      must(command_for({"--table", "app.orders", "--table", "users", "--apply", "--yes"}));
  expect_holds(text, "inserted 20 rows into public.users\n");
  expect_holds(text, "inserted 20 rows into app.orders\n");
  EXPECT_EQ(sql("SELECT * FROM users ORDER BY 1"), before);
  EXPECT_EQ(sql("SELECT * FROM app.orders ORDER BY 1"), orders);
  const Json safety = must_json({"list"})["snapshots"].back();
  EXPECT_EQ(safety["tags"], Json({"pre-restore"}));
  expect_nothing_left();
  EXPECT_EQ(must(command_for({"--table", "users", "--apply", "--yes"})),
            "nothing had to be done\n");
}

TEST_F(RecoverPostgresRows, PrintsAScriptThatDoesIt) {
  const std::string orders = sql("SELECT * FROM app.orders ORDER BY 1, 2");
  sql("DELETE FROM app.orders WHERE id = 7; UPDATE app.orders SET note = NULL WHERE id = 8");
  const ProgramResult result = varve(command_for({"--table", "orders", "--missing", "--changed"}));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "-- app.orders: 1 row missing, 1 otherwise now");
  EXPECT_NE(sql("SELECT * FROM app.orders ORDER BY 1, 2"), orders);
  sql(result.out);
  EXPECT_EQ(sql("SELECT * FROM app.orders ORDER BY 1, 2"), orders);
  EXPECT_EQ(names().size(), 1U);
}

// psql goes on behind an error; the server does not.
TEST_F(RecoverPostgresRows, AScriptIsDoneAsAWholeOrNotAtAll) {
  sql("ALTER TABLE users ADD UNIQUE (name); DELETE FROM users WHERE id IN (3, 4, 5)");
  const std::string script = must(command_for({"--table", "users"}));
  write_text(in_folder("script.sql"), script);
  const std::string psql =
      fmt::format("psql -X -f {} {}", quoted(in_folder("script.sql").native()), quoted(shop()));
  sql("INSERT INTO users (name) VALUES ('user 4')");
  const std::string before = sql("SELECT * FROM users ORDER BY 1");
  expect_holds(shell(psql).output, "users_name_key");
  EXPECT_EQ(sql("SELECT * FROM users ORDER BY 1"), before);
  sql("DELETE FROM users WHERE id > 100");
  EXPECT_EQ(shell(psql).status, 0);
  EXPECT_EQ(line("SELECT count(*) FROM users"), "100");
}

TEST_F(RecoverPostgresRows, OnlyWhatCameBackIsCounted) {
  sql(R"(DELETE FROM users WHERE id IN (3, 4, 5);
         UPDATE users SET name = 'other' WHERE id IN (6, 7);
         CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN IF NEW.id IN (3, 6) THEN RETURN NULL; END IF; RETURN NEW; END';
         CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON users FOR EACH ROW
           EXECUTE FUNCTION pass())");
  const ProgramResult result = varve(command_for(
      {"--table", "users", "--missing", "--changed", "--apply", "--yes", "--no-safety"}));
  EXPECT_EQ(result.status, 3);
  expect_holds(result.out, "inserted 2 rows into public.users\n");
  expect_holds(result.out, "put back 1 row of public.users\n");
  expect_holds(result.err, "2 rows of public.users did not come back: a trigger");
}

TEST_F(RecoverPostgresRows, TriggersFindWhatTheirDatabaseFinds) {
  sql(R"(CREATE TABLE audit (name text);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN INSERT INTO audit VALUES (NEW.name); RETURN NEW; END';
         CREATE TRIGGER note AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note();
         DELETE FROM users WHERE id IN (3, 4))");
  expect_holds(must(command_for({"--table", "users", "--apply", "--yes", "--no-safety"})),
               "inserted 2 rows into public.users\n");
  EXPECT_EQ(line("SELECT count(*) FROM audit"), "2");
}

TEST_F(RecoverPostgresRows, ChangedRowsOnlyWhereTheyAreAskedFor) {
  sql("UPDATE users SET name = 'other', extra = '{\"n\": 2}' WHERE id < 5");
  EXPECT_EQ(must(command_for({"--table", "users", "--apply", "--yes"})),
            "nothing had to be done\n");
  expect_holds(must(command_for({"--table", "users", "--changed", "--where", "id <> 2", "--apply",
                                 "--yes", "--no-safety"})),
               "put back 3 rows of public.users\n");
  EXPECT_EQ(line("SELECT string_agg(id::text, ',') FROM users WHERE name = 'other'"), "2");
}

TEST_F(RecoverPostgresRows, ChildrenWithoutParentsAreRefused) {
  sql("DELETE FROM users WHERE id IN (7, 8)");
  const std::string complaint =
      refused(1, command_for({"--table", "app.orders", "--apply", "--yes"}));
  expect_holds(complaint, "2 rows of app.orders would refer to no row of public.users (user_id=7)");
  EXPECT_EQ(line("SELECT count(*) FROM app.orders"), "98");
  EXPECT_EQ(names().size(), 1U);
}

TEST_F(RecoverPostgresRows, WithoutAPrimaryKeyWholeRowsCount) {
  sql("DELETE FROM bare WHERE ctid = (SELECT min(ctid) FROM bare); DELETE FROM bare WHERE a IS "
      "NULL;"
      "INSERT INTO bare VALUES ('new', 3)");
  const ProgramResult result =
      varve(command_for({"--table", "bare", "--apply", "--yes", "--no-safety"}));
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "it has no primary key");
  expect_holds(result.out, "inserted 2 rows into public.bare\n");
  EXPECT_EQ(line("SELECT count(*) FROM bare"), "4");
}

TEST_F(RecoverPostgresRows, AnErrorOfTheServerLeavesAllAsItWas) {
  sql("DELETE FROM bare; ALTER TABLE bare ADD CHECK (b < 2)");
  const std::string complaint =
      refused(1, command_for({"--table", "bare", "--apply", "--yes", "--no-safety"}));
  expect_holds(complaint, "bare_b_check");
  EXPECT_EQ(line("SELECT count(*) FROM bare"), "0");
  expect_nothing_left();
}

TEST_F(RecoverPostgresRows, AnInterruptLeavesNothingBehind) {
  sql("DELETE FROM users WHERE id = 50");
  Program program(command(command_for({"--table", "users", "--where",
                                       "id = 50 AND pg_sleep(600) IS NULL", "--apply", "--yes"})),
                  setting());
  const auto is_asleep = [&] {
    return line(
               "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'varve' AND "
               "wait_event = 'PgSleep'") != "0";
  };
  while (!is_asleep()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(line("SELECT count(*) FROM pg_class WHERE relname LIKE 'varve%'"), "1");
  program.send(SIGTERM);
  EXPECT_EQ(program.wait().status, 130);
  const auto is_connected = [&] {
    return line("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'varve'") != "0";
  };
  while (is_connected()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  expect_nothing_left();
  EXPECT_EQ(line("SELECT count(*) FROM users"), "99");
  EXPECT_EQ(names().size(), 1U);
}

// A database may write its values so that they mean something else where they are read again.
TEST_F(RecoverPostgresRows, ValuesComeBackWhateverTheFormatsOfTheDatabase) {
  const std::string values =
      "'2020-06-01 12:00+00', 0.1::float8 + 0.2, '-1 day +02:03:00', '\\x0fff'";
  sql("CREATE TABLE loose (t timestamptz, n float8, i interval, b bytea); INSERT INTO loose VALUES "
      "(" +
      values +
      "); CREATE TABLE keyed (id int PRIMARY KEY, t timestamptz, n float8, i interval, "
      "b bytea); INSERT INTO keyed VALUES (1, " +
      values + ")");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  for (const char* setting :
       {"datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'", "extra_float_digits = -3",
        "intervalstyle = 'sql_standard'", "bytea_output = 'escape'"}) {
    sql(fmt::format("ALTER DATABASE shop SET {}", setting));
  }
  const auto as_they_were = [&](const std::string& table) {
    return line(
        "SELECT t = '2020-06-01 12:00+00', n = 0.1::float8 + 0.2, i = '-1 day +02:03:00', "
        "i = '-22:00'::interval + '3 min', b = '\\x0fff' FROM " +
        table);
  };
  const std::string wanted = as_they_were("loose");
  ASSERT_TRUE(wanted.starts_with("t|t|t|")) << wanted;
  const Words command = {
      "recover-rows", "2025-11-21:shop.pgdump", shop(), "--table", "loose", "--table", "keyed"};
  sql("DELETE FROM loose; DELETE FROM keyed");
  sql(must(command));
  EXPECT_EQ(as_they_were("loose"), wanted);
  EXPECT_EQ(as_they_were("keyed"), wanted);
  sql("DELETE FROM loose; DELETE FROM keyed");
  Words apply = command;
  apply.insert(apply.end(), {"--apply", "--yes", "--no-safety"});
  must(apply);
  EXPECT_EQ(as_they_were("loose"), wanted);
  EXPECT_EQ(as_they_were("keyed"), wanted);
  EXPECT_EQ(must(apply), "nothing had to be done\n");
}

// What a role is not shown is not gone.
TEST_F(RecoverPostgresRows, RowsThatAPolicyHidesAreNotMissing) {
  sql("CREATE ROLE guest LOGIN; GRANT SELECT, INSERT ON bare TO guest; ALTER TABLE bare ENABLE ROW "
      "LEVEL SECURITY; CREATE POLICY seen ON bare FOR SELECT USING (b = 2); CREATE POLICY entered "
      "ON "
      "bare FOR INSERT WITH CHECK (true)");
  for (const Words& more : {Words{}, Words{"--apply", "--yes", "--no-safety"}}) {
    Words words = {"recover-rows", "2025-11-20:shop.pgdump", shop("guest"), "--table", "bare"};
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult result = varve(words);
    EXPECT_NE(result.status, 0);
    expect_holds(result.out + result.err, "a policy may hide rows of it from guest");
    EXPECT_EQ(result.out.find("INSERT INTO"), std::string::npos) << result.out;
  }
  EXPECT_EQ(line("SELECT count(*) FROM bare"), "3");
}

// Of several rows with one key an arbitrary one would win.
TEST_F(RecoverPostgresRows, AKeyThatStoredRowsShareIsRefused) {
  sql("CREATE TABLE narrowed (id int, w int, v text); INSERT INTO narrowed "
      "VALUES (1, 1, 'a'), (1, 2, 'b')");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  sql("DELETE FROM narrowed WHERE w = 2; UPDATE narrowed SET v = 'c'; ALTER TABLE narrowed ADD "
      "PRIMARY KEY (id)");
  const ProgramResult result = varve({"recover-rows", "2025-11-21:shop.pgdump", shop(), "--table",
                                      "narrowed", "--changed", "--apply", "--yes", "--no-safety"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "its primary key is (id) now, which several stored rows share");
  EXPECT_EQ(line("SELECT v FROM narrowed"), "c");
}

TEST_F(RecoverPostgresRows, AScriptForATableThatRefersToItself) {
  sql("CREATE TABLE emp (id int PRIMARY KEY, boss int REFERENCES emp); INSERT INTO emp VALUES "
      "(5, NULL), (1, 5), (2, 1)");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  sql("ALTER TABLE emp ADD grade int NOT NULL DEFAULT 1; DELETE FROM emp");
  sql(must({"recover-rows", "2025-11-21:shop.pgdump", shop(), "--table", "emp"}));
  EXPECT_EQ(sql("SELECT * FROM emp ORDER BY 1"), "1|5|1\n2|1|1\n5||1\n");
  expect_nothing_left();
}

TEST_F(RecoverPostgresRows, RowsThatArePutBackWithoutParentsAreRefused) {
  sql("UPDATE app.orders SET user_id = 1 WHERE id IN (7, 8); DELETE FROM users WHERE id IN (7, 8)");
  const Words words =
      command_for({"--table", "app.orders", "--table", "users", "--changed", "--apply", "--yes"});
  expect_holds(refused(1, words),
               "2 rows of app.orders would refer to no row of public.users (user_id=7)");
  Words with_parents = words;
  with_parents.insert(with_parents.end(), {"--missing", "--no-safety"});
  must(with_parents);
  EXPECT_EQ(line("SELECT count(*) FROM app.orders WHERE user_id = id"), "100");
}

// They are meant for what an application asks.
TEST_F(RecoverPostgresRows, TheTimeoutsOfTheServerDoNotCount) {
  sql("CREATE TABLE long (id int PRIMARY KEY, t text); INSERT INTO long SELECT i, md5(i::text) "
      "FROM "
      "generate_series(1, 400000) i");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  sql("DELETE FROM long WHERE id % 2 = 0");
  server_.sql("postgres", "ALTER ROLE postgres SET statement_timeout = '80ms'");
  const ProgramResult result = varve({"recover-rows", "2025-11-21:shop.pgdump", shop(), "--table",
                                      "long", "--apply", "--yes", "--no-safety"});
  const ProgramResult restored =
      varve({"restore", "2025-11-21:shop.pgdump", server_.uri("copy"), "-q"});
  server_.sql("postgres", "ALTER ROLE postgres RESET statement_timeout");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(restored.status, 0) << restored.err;
  EXPECT_EQ(line("SELECT count(*) FROM long"), "400000");
  EXPECT_EQ(server_.sql("copy", "SELECT count(*) FROM long"), "400000\n");
}

TEST_F(RecoverPostgresRows, OutOfACustomArchive) {
  must({"ingest", shop(), "--pg-format", "custom", "--time", "2025-11-21", "-q"});
  sql("DELETE FROM users WHERE id = 12");
  must({"recover-rows", "2025-11-21:shop.dump", shop(), "--table", "users", "--apply", "--yes",
        "--no-safety"});
  EXPECT_EQ(line("SELECT count(*) FROM users"), "100");
}

TEST_F(RecoverPostgresRows, RefusesWhatCannotBe) {
  expect_holds(refused(2, command_for({})), "--table");
  expect_holds(refused(1, command_for({"--table", "nobody"})), "app.orders");
  expect_holds(refused(1, command_for({"--table", "users", "--where", "nonsense"})), "nonsense");
  must({"ingest", shop(), "--pg-format", "plain", "--time", "2025-11-21", "-q"});
  expect_holds(refused(2, {"recover-rows", "2025-11-21:shop.sql", shop(), "--table", "users"}),
               "directory or custom format");
  sql("DROP TABLE bare");
  const ProgramResult gone = varve(command_for({"--table", "bare"}));
  EXPECT_EQ(gone.status, 3);
  expect_holds(gone.err, "no such table");
}

TEST_F(RecoverPostgresRows, NamesThatVarveUsesItselfAreFree) {
  sql("CREATE SCHEMA varve; CREATE TABLE varve.varve_rows (varve_row text, varve_number int, "
      "varve_row_ int); CREATE TABLE varve (s int PRIMARY KEY, l int, r int, p int, gone int, done "
      "int, other int); INSERT INTO varve.varve_rows VALUES ('a', 1, 1), ('a', 1, 1), ('b', 2, 2); "
      "INSERT INTO varve SELECT i, i, i, i, i, i, i FROM generate_series(1, 9) i");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  const auto damage = [&] {
    sql("DELETE FROM varve WHERE s < 3; UPDATE varve SET l = 0 WHERE s = 4; DELETE FROM "
        "varve.varve_rows");
  };
  const Words command = {"recover-rows", "2025-11-21:shop.pgdump",
                         shop(),         "--table",
                         "varve_rows",   "--table",
                         "varve",        "--missing",
                         "--changed"};
  damage();
  sql(must(command));
  const auto expect_all = [&] {
    EXPECT_EQ(line("SELECT count(*), sum(l) FROM varve"), "9|45");
    EXPECT_EQ(line("SELECT count(*), sum(varve_number) FROM varve.varve_rows"), "3|4");
  };
  expect_all();
  damage();
  Words apply = command;
  apply.insert(apply.end(), {"--apply", "--yes", "--no-safety"});
  must(apply);
  expect_all();
}

// A script goes through psql: what rows hold is no statement, and is in no other encoding.
class RecoverPostgresTexts : public RecoverPostgresRows {
 protected:
  ShellResult run_script(const std::string& script, const std::string& encoding) const {
    write_text(in_folder("script.sql"), script);
    return shell(fmt::format("PGCLIENTENCODING={} psql -Xq -v ON_ERROR_STOP=1 -f {} {}", encoding,
                             quoted(in_folder("script.sql")), quoted(shop())));
  }
};

TEST_F(RecoverPostgresTexts, NoRowEndsTheCommentThatItStandsIn) {
  sql(R"(CREATE TABLE victim (); CREATE TABLE notes (id int PRIMARY KEY, text text);
         INSERT INTO notes VALUES (1, E'x\rDROP TABLE victim;--'), (2, E'y\nDROP TABLE victim;--'),
           (3, 'gone'))");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  sql("UPDATE notes SET text = 'now' WHERE id < 3; DELETE FROM notes WHERE id = 3");
  const std::string script =
      must({"recover-rows", "2025-11-21:shop.pgdump", shop(), "--table", "notes"});
  expect_holds(script, "DROP TABLE victim");
  EXPECT_EQ(run_script(script, "UTF8").status, 0);
  EXPECT_EQ(line("SELECT count(*) FROM notes"), "3");
  EXPECT_EQ(line("SELECT to_regclass('victim') IS NOT NULL"), "t");
}

TEST_F(RecoverPostgresTexts, AnotherEncodingOfTheSessionChangesNone) {
  sql("CREATE TABLE words (id int PRIMARY KEY, text text); INSERT INTO words VALUES (1, 'café €')");
  must({"ingest", shop(), "--time", "2025-11-21", "-q"});
  sql("DELETE FROM words");
  const std::string script =
      must({"recover-rows", "2025-11-21:shop.pgdump", shop(), "--table", "words"});
  EXPECT_EQ(run_script(script, "LATIN1").status, 0);
  EXPECT_EQ(line("SELECT text FROM words"), "café €");
}

}  // namespace
}  // namespace varve
