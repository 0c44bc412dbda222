// Databases in other encodings than UTF-8, whose names have letters beyond ASCII.
#include <filesystem>

#include "tests/support/shell.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class PostgresEncoding : public PostgresProgram {
 protected:
  void make(const std::string& database, const std::string& encoding) const {
    server_.sql("postgres", fmt::format("CREATE DATABASE {} ENCODING '{}' LOCALE 'C' TEMPLATE "
                                        "template0",
                                        database, encoding));
  }
  // Texts come and go in UTF-8.
  std::string in_utf8(const std::string& database, const std::string& text) const {
    const ShellResult done =
        shell(fmt::format("PGCLIENTENCODING=UTF8 psql -XqAt -v ON_ERROR_STOP=1 -c {} {} 2>&1",
                          quoted(text), quoted(server_.uri(database))));
    EXPECT_EQ(done.status, 0) << done.output;
    return done.output;
  }
  void make_latin1() const {
    make("l1", "LATIN1");
    in_utf8("l1", R"(
      CREATE TABLE "tä" (id int PRIMARY KEY, "straße" text DEFAULT 'ö');
      CREATE TABLE "tö" (id int PRIMARY KEY);
      INSERT INTO "tä" SELECT i, 'Müllerweg ' || i FROM generate_series(1, 10) i;
      INSERT INTO "tö" VALUES (7))");
  }
  // Of the newest snapshot, by a mount of its own at `name`.
  Json recorded_rows(const std::string& name) const {
    const Path point = in_folder(name);
    std::filesystem::create_directory(point);
    must({"mount", point});
    const Json snapshot = Json::parse(content_of(point / "latest/snapshot.json"));
    shell("fusermount3 -uz " + quoted(point));
    return snapshot["sources"][0]["row_counts"];
  }
  std::string rows_of_latin1(const std::string& database) const {
    return in_utf8(database, R"(SELECT id, "straße" FROM "tä" ORDER BY 1)");
  }
};

TEST_F(PostgresEncoding, RowsComeBackByTheirNames) {
  make_latin1();
  const std::string before = rows_of_latin1("l1");
  must({"ingest", server_.uri("l1"), "--time", "2025-11-20", "-q"});
  in_utf8("l1", R"(DELETE FROM "tä" WHERE id = 3)");
  expect_holds(must({"recover-rows", "2025-11-20:l1.pgdump", server_.uri("l1"), "--table", "tä",
                     "--apply", "--yes"}),
               "inserted 1 row into public.tä\n");
  EXPECT_EQ(rows_of_latin1("l1"), before);
}

TEST_F(PostgresEncoding, ATableIsRestoredByItsName) {
  make_latin1();
  must({"ingest", server_.uri("l1"), "--time", "2025-11-20", "-q"});
  must({"restore", "2025-11-20:l1.pgdump", server_.uri("one"), "--table", "tä"});
  EXPECT_EQ(rows_of_latin1("one"), rows_of_latin1("l1"));
  EXPECT_EQ(server_.sql("one", "SHOW server_encoding"), "LATIN1\n");
  server_.sql("postgres", "CREATE DATABASE two ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
  in_utf8("two", R"(CREATE TABLE "tä" (id int PRIMARY KEY, "straße" text))");
  must({"restore", "2025-11-20:l1.pgdump", server_.uri("two"), "--table", "tä", "--data-only",
        "--force", "--no-safety"});
  EXPECT_EQ(rows_of_latin1("two"), rows_of_latin1("l1"));
}

TEST_F(PostgresEncoding, RowsAreRecordedByTheirNames) {
  make_latin1();
  // pg_dump by itself would go by it.
  server_.sql("postgres", "ALTER DATABASE l1 SET client_encoding = 'UTF8'");
  const Json expected = {{"public.tä", 10}, {"public.tö", 1}};
  for (const char* format : {"directory", "custom", "plain"}) {
    must({"ingest", server_.uri("l1"), "--pg-format", format, "-q"});
    EXPECT_EQ(recorded_rows(format), expected) << format;
    must({"verify", "latest", "--level", "full"});
    must({"drill"});
  }
  must({"restore", "latest:l1.sql", server_.uri("copy")});
  EXPECT_EQ(rows_of_latin1("copy"), rows_of_latin1("l1"));
}

// A byte that has no meaning in the encoding ends no backup.
TEST_F(PostgresEncoding, AByteWithoutMeaningIsStored) {
  make("odd", "WIN1252");
  server_.sql("odd", R"(CREATE TABLE t (v text); INSERT INTO t VALUES (E'\201'))");
  must({"ingest", server_.uri("odd"), "-q"});
  must({"restore", "latest:odd.pgdump", server_.uri("copy")});
  EXPECT_EQ(server_.sql("copy", "SELECT ascii(v) FROM t"), "129\n");
}

TEST_F(PostgresEncoding, BytesOfNoEncodingComeBack) {
  make("raw", "SQL_ASCII");
  server_.sql("raw", R"(CREATE TABLE t (id int PRIMARY KEY, v text);
                        INSERT INTO t VALUES (1, E'\377\376'), (2, 'plain'))");
  const std::string bytes = "SELECT id, v::bytea FROM t ORDER BY 1";
  const std::string before = server_.sql("raw", bytes);
  must({"ingest", server_.uri("raw"), "--time", "2025-11-20", "-q"});
  const Words command = {"recover-rows", "2025-11-20:raw.pgdump", server_.uri("raw"), "--table",
                         "t"};
  server_.sql("raw", "DELETE FROM t WHERE id = 1");
  write_text(in_folder("script.sql"), must(command));
  const ShellResult done =
      shell(fmt::format("psql -X -v ON_ERROR_STOP=1 -f {} {}",
                        quoted(in_folder("script.sql").native()), quoted(server_.uri("raw"))));
  EXPECT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(server_.sql("raw", bytes), before);
  server_.sql("raw", "DELETE FROM t WHERE id = 1");
  Words applied = command;
  applied.insert(applied.end(), {"--apply", "--yes"});
  must(applied);
  EXPECT_EQ(server_.sql("raw", bytes), before);
}

}  // namespace
}  // namespace varve
