// Rows of a stored PostgreSQL table whose live one was altered meanwhile.
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class RecoverRowsOfAlteredTables : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql(R"sql(
      CREATE TYPE mood AS ENUM ('fine', 'sad, (or so)');
      CREATE TABLE ancestor (born timestamp(3) with time zone DEFAULT now());
      CREATE TABLE items (id int, line int, "Odd, (name)" varchar(20) COLLATE "C" NOT NULL
          DEFAULT 'it''s, )', price numeric(12, 2), tags text[] DEFAULT '{a,b}', feeling mood
          DEFAULT 'sad, (or so)', total numeric GENERATED ALWAYS AS (price * 2) STORED,
        PRIMARY KEY (id, line), CHECK (price < 1000000), UNIQUE (line, id)) INHERITS (ancestor);
      CREATE TABLE plain (id int, v text);
      INSERT INTO items (id, line, price) SELECT i, i % 3, i * 1.5 FROM generate_series(1, 30) i;
      INSERT INTO plain SELECT i, 'v' || i FROM generate_series(1, 30) i)sql");
    must({"ingest", shop(), "--time", "2025-11-20", "-q"});
    sql("DELETE FROM items WHERE id = 7; DELETE FROM plain WHERE id = 7");
  }

  Words command_for(const std::string& table, const std::string& dump = "shop.pgdump") const {
    return {"recover-rows", "2025-11-20:" + dump, shop(), "--table", table, "--apply",
            "--yes",        "--no-safety"};
  }
  void expect_refused(const std::string& alteration, const std::string& why,
                      const std::string& table = "items") const {
    sql(alteration);
    const std::string before = sql("SELECT * FROM " + table);
    const ProgramResult result = varve(command_for(table));
    EXPECT_EQ(result.status, 3) << alteration;
    expect_holds(result.err, "public." + table + " cannot be recovered row by row: " + why + "\n");
    EXPECT_EQ(sql("SELECT * FROM " + table), before);
  }
};

TEST_F(RecoverRowsOfAlteredTables, WhatIsAsItWasComesBack) {
  must(command_for("items"));
  EXPECT_EQ(sql("SELECT id, line, price, total FROM items WHERE id = 7"), "7|1|10.50|21.00\n");
}

TEST_F(RecoverRowsOfAlteredTables, AnArchiveInTheCustomFormatTellsItToo) {
  must({"ingest", shop(), "--pg-format", "custom", "--time", "2025-11-21", "-q"});
  sql("ALTER TABLE plain ALTER id TYPE bigint");
  const ProgramResult result = varve({"recover-rows", "2025-11-21:shop.dump", shop(), "--table",
                                      "plain", "--apply", "--yes", "--no-safety"});
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "the type of its column id was integer and is bigint now");
}

TEST_F(RecoverRowsOfAlteredTables, AWiderPrimaryKey) {
  expect_refused("ALTER TABLE items DROP CONSTRAINT items_pkey, ADD PRIMARY KEY (id, line, born)",
                 "its primary key was (id, line) and is (id, line, born) now");
}

TEST_F(RecoverRowsOfAlteredTables, ANarrowerPrimaryKey) {
  expect_refused("ALTER TABLE items DROP CONSTRAINT items_pkey, ADD PRIMARY KEY (id)",
                 "its primary key was (id, line) and is (id) now");
}

TEST_F(RecoverRowsOfAlteredTables, NoPrimaryKeyAnyMore) {
  expect_refused("ALTER TABLE items DROP CONSTRAINT items_pkey",
                 "its primary key was (id, line) and is () now");
}

TEST_F(RecoverRowsOfAlteredTables, APrimaryKeyOfTheSameColumnsInAnotherOrder) {
  sql("ALTER TABLE items DROP CONSTRAINT items_pkey, ADD PRIMARY KEY (line, id)");
  expect_holds(must(command_for("items")), "inserted 1 row into public.items\n");
}

TEST_F(RecoverRowsOfAlteredTables, APrimaryKeyWhereThereWasNone) {
  sql("ALTER TABLE plain ADD PRIMARY KEY (id)");
  const std::string text = must(command_for("plain"));
  expect_holds(text, "it had no primary key: its rows are told apart by that of now, (id)");
  expect_holds(text, "inserted 1 row into public.plain\n");
}

TEST_F(RecoverRowsOfAlteredTables, OtherTypes) {
  expect_refused("ALTER TABLE items DROP COLUMN total, ALTER price TYPE numeric(10,3)",
                 "the type of its column price was numeric(12,2) and is numeric(10,3) now");
}

TEST_F(RecoverRowsOfAlteredTables, OtherTypesOfAllKinds) {
  expect_refused(
      "ALTER TABLE items ALTER \"Odd, (name)\" TYPE varchar(19), ALTER tags TYPE varchar[], ALTER "
      "feeling DROP DEFAULT, ALTER feeling TYPE text; ALTER TABLE ancestor ALTER born TYPE "
      "timestamp(0) with time zone",
      "the type of its column born was timestamp(3) with time zone and is timestamp(0) with time "
      "zone now; the type of its column Odd, (name) was character varying(20) and is character "
      "varying(19) now; the type of its column tags was text[] and is character varying[] now; "
      "the type of its column feeling was public.mood and is text now");
}

TEST_F(RecoverRowsOfAlteredTables, ANewColumnGetsItsDefault) {
  sql("ALTER TABLE plain ADD COLUMN phone text NOT NULL DEFAULT 'none', ADD COLUMN fax text");
  const std::string text = must(command_for("plain"));
  expect_holds(text, "its column phone is new: it gets its default");
  expect_holds(text, "its column fax is new: it gets its default");
  EXPECT_EQ(sql("SELECT * FROM plain WHERE id = 7"), "7|v7|none|\n");
}

TEST_F(RecoverRowsOfAlteredTables, ANewColumnThatMustBeGiven) {
  expect_refused(
      "ALTER TABLE plain ADD phone text NOT NULL DEFAULT ''; ALTER TABLE plain ALTER phone DROP "
      "DEFAULT",
      "its column phone is new, must not be NULL and has no default", "plain");
}

TEST_F(RecoverRowsOfAlteredTables, DroppedColumnsAreNamed) {
  expect_refused("ALTER TABLE items DROP COLUMN tags, DROP COLUMN feeling",
                 "it has no column tags, feeling now (dropped, or renamed), and the values would "
                 "be lost: varve restore --table brings the stored table into another database, to "
                 "copy from");
}

TEST_F(RecoverRowsOfAlteredTables, ARenamedColumnIsNotANewOne) {
  expect_refused("ALTER TABLE plain RENAME v TO w",
                 "it has no column v now (dropped, or renamed), and the values would be lost: "
                 "varve restore --table brings the stored table into another database, to copy "
                 "from",
                 "plain");
}

TEST_F(RecoverRowsOfAlteredTables, AColumnThatIsGeneratedNowIsMadeAnew) {
  sql("ALTER TABLE plain DROP COLUMN v, ADD COLUMN v text GENERATED ALWAYS AS ('w') STORED");
  expect_holds(must(command_for("plain")), "its column v is generated now");
  EXPECT_EQ(sql("SELECT * FROM plain WHERE id = 7"), "7|w\n");
}

}  // namespace
}  // namespace varve
