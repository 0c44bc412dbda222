// PostgreSQL tables that consist of several: rows of a partitioned one come back by its name, those
// of one that others inherit from are its own alone.
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class RecoverRowsOfPartitions : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    // One partition has partitions of its own, one its columns in another order.
    sql(R"sql(
      CREATE SCHEMA old;
      CREATE TABLE sales (id int, year int, note text, PRIMARY KEY (id, year))
        PARTITION BY RANGE (year);
      CREATE TABLE sales_2024 PARTITION OF sales FOR VALUES FROM (2024) TO (2025);
      CREATE TABLE sales_2025 PARTITION OF sales FOR VALUES FROM (2025) TO (2026)
        PARTITION BY HASH (id);
      CREATE TABLE sales_2025_a PARTITION OF sales_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE sales_2025_b PARTITION OF sales_2025 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE TABLE old.sales_2023 (note text, year int NOT NULL, id int NOT NULL);
      ALTER TABLE sales ATTACH PARTITION old.sales_2023 FOR VALUES FROM (2023) TO (2024);
      CREATE TABLE log (at int, what text) PARTITION BY LIST (at);
      CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
      CREATE TABLE log_2 PARTITION OF log FOR VALUES IN (2);
      CREATE TABLE refunds (id int PRIMARY KEY, sale int, year int,
        FOREIGN KEY (sale, year) REFERENCES sales);
      CREATE TABLE empty (a int) PARTITION BY LIST (a);
      INSERT INTO sales SELECT i, 2023 + i % 3, 'sale ' || i FROM generate_series(1, 300) i;
      INSERT INTO refunds SELECT id, id, year FROM sales WHERE id % 10 = 0;
      INSERT INTO log SELECT 1 + i % 2, 'w' || i FROM generate_series(1, 20) i)sql");
    must({"ingest", shop(), "--time", "2025-11-20", "-q"});
    must({"ingest", shop(), "--pg-format", "custom", "--time", "2025-11-21", "-q"});
  }

  Words command_for(const std::string& what, Words more) const {
    Words words = {"recover-rows", what, shop()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::string apply(Words tables, const std::string& what = "2025-11-20:shop.pgdump") const {
    tables.insert(tables.end(), {"--missing", "--changed", "--apply", "--yes", "--no-safety"});
    return must(command_for(what, tables));
  }
  std::string all() const { return sql("SELECT id, year, note FROM sales ORDER BY 1"); }
  void damage() const {
    sql("DELETE FROM refunds WHERE id <= 30; DELETE FROM sales WHERE id <= 30; UPDATE sales SET "
        "note = 'other' WHERE id = 100");
  }
};

TEST_F(RecoverRowsOfPartitions, AllOfThemByTheNameOfTheTable) {
  const std::string before = all();
  damage();
  const std::string text = apply({"--table", "sales"});
  expect_holds(text, "inserted 30 rows into public.sales\n");
  expect_holds(text, "put back 1 row of public.sales\n");
  EXPECT_EQ(all(), before);
  EXPECT_EQ(apply({"--table", "sales"}), "nothing had to be done\n");
}

TEST_F(RecoverRowsOfPartitions, OutOfACustomArchive) {
  const std::string before = all();
  damage();
  apply({"--table", "public.sales"}, "latest:shop.dump");
  EXPECT_EQ(all(), before);
}

TEST_F(RecoverRowsOfPartitions, AScriptForThem) {
  const std::string before = all();
  damage();
  sql(must(command_for("2025-11-20:shop.pgdump", {"--table", "sales", "--missing", "--changed"})));
  EXPECT_EQ(all(), before);
}

TEST_F(RecoverRowsOfPartitions, OnePartitionAlone) {
  sql("TRUNCATE sales, refunds");
  expect_holds(apply({"--table", "old.sales_2023"}), "inserted 100 rows into old.sales_2023\n");
  expect_holds(apply({"--table", "sales_2025"}), "inserted 100 rows into public.sales_2025\n");
  EXPECT_EQ(sql("SELECT DISTINCT year FROM sales ORDER BY 1"), "2023\n2025\n");
}

TEST_F(RecoverRowsOfPartitions, ATableAndAPartitionOfItAreDoneOnce) {
  sql("TRUNCATE sales, refunds");
  EXPECT_EQ(apply({"--table", "sales_2025_a", "--table", "sales", "--table", "sales_2025"}),
            "inserted 300 rows into public.sales\n");
}

TEST_F(RecoverRowsOfPartitions, TheyNeedNotBeCutAsTheyWere) {
  const std::string before = all();
  sql("TRUNCATE refunds; ALTER TABLE sales DETACH PARTITION sales_2025; ALTER TABLE sales DETACH "
      "PARTITION old.sales_2023; DROP TABLE sales_2025, old.sales_2023; CREATE TABLE sales_rest "
      "PARTITION OF sales DEFAULT");
  expect_holds(apply({"--table", "sales"}), "inserted 200 rows into public.sales\n");
  EXPECT_EQ(all(), before);
}

TEST_F(RecoverRowsOfPartitions, WhereAPartitionIsGoneTheServerHasTheLastWord) {
  sql("TRUNCATE sales, refunds; ALTER TABLE sales DETACH PARTITION sales_2024");
  const std::string complaint =
      refused(1, command_for("2025-11-20:shop.pgdump",
                             {"--table", "sales", "--apply", "--yes", "--no-safety"}));
  expect_holds(complaint, "no partition of relation \"sales\" found for row");
  expect_holds(complaint, "nothing was changed");
  EXPECT_EQ(all(), "");
}

TEST_F(RecoverRowsOfPartitions, WithoutAPrimaryKey) {
  sql("DELETE FROM log WHERE what IN ('w1', 'w2', 'w3')");
  expect_holds(apply({"--table", "log"}), "inserted 3 rows into public.log\n");
  EXPECT_EQ(sql("SELECT count(DISTINCT what) FROM log"), "20\n");
}

TEST_F(RecoverRowsOfPartitions, RowsThatReferToThemFindTheirParents) {
  sql("DELETE FROM refunds");
  EXPECT_EQ(apply({"--table", "refunds"}), "inserted 30 rows into public.refunds\n");
  sql("DELETE FROM refunds; DELETE FROM sales WHERE id = 10");
  expect_holds(
      refused(1, command_for("2025-11-20:shop.pgdump", {"--table", "refunds", "--apply", "--yes"})),
      "1 row of public.refunds would refer to no row of public.sales (sale,year=10, 2024)");
  expect_holds(apply({"--table", "refunds", "--table", "sales"}),
               "inserted 30 rows into public.refunds\n");
  EXPECT_EQ(sql("SELECT count(*) FROM sales"), "300\n");
}

TEST_F(RecoverRowsOfPartitions, AnAlteredTableIsRefused) {
  sql("TRUNCATE sales, refunds; ALTER TABLE sales ALTER note TYPE varchar(9)");
  const ProgramResult result =
      varve(command_for("2025-11-20:shop.pgdump", {"--table", "sales", "--apply", "--yes"}));
  EXPECT_EQ(result.status, 3);
  expect_holds(result.err, "the type of its column note was text and is character varying(9) now");
}

TEST_F(RecoverRowsOfPartitions, OneWithoutPartitionsHasNoRows) {
  const std::string complaint =
      refused(1, command_for("2025-11-20:shop.pgdump", {"--table", "empty"}));
  expect_holds(complaint, "has no rows of a table 'empty'; it has ");
  expect_holds(complaint, "public.sales");
}

class RecoverRowsOfHeirs : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    sql("CREATE TABLE city (id int PRIMARY KEY, name text); "
        "CREATE TABLE capital (land text) INHERITS (city); "
        "CREATE TABLE mayor (city int REFERENCES city); "
        "INSERT INTO city VALUES (1, 'Bern'), (2, 'Basel'), (3, 'Chur'); "
        "INSERT INTO capital VALUES (1, 'Bern', 'CH'); INSERT INTO mayor VALUES (1), (2)");
    must({"ingest", shop(), "--time", "2025-11-20", "-q"});
  }
  ProgramResult recover(Words more) const {
    Words words = {"recover-rows", "2025-11-20:shop.pgdump", shop()};
    words.insert(words.end(), more.begin(), more.end());
    return varve(words);
  }
};

// The heir's row with the same key is neither the missing one nor a changed one.
TEST_F(RecoverRowsOfHeirs, ARowIsMissedInTheTableItself) {
  sql("DELETE FROM mayor; DELETE FROM ONLY city WHERE id = 1; "
      "UPDATE ONLY city SET name = 'Coire' WHERE id = 3; UPDATE capital SET name = 'Berne'");
  const ProgramResult result =
      recover({"--table", "city", "--missing", "--changed", "--apply", "--yes"});
  EXPECT_EQ(result.status, 0) << result.err;
  expect_holds(result.out, "inserted 1 row into public.city\n");
  EXPECT_EQ(sql("SELECT id, name FROM ONLY city ORDER BY 1"), "1|Bern\n2|Basel\n3|Chur\n");
  EXPECT_EQ(sql("SELECT name FROM capital"), "Berne\n");
}

// To the server it is no parent either.
TEST_F(RecoverRowsOfHeirs, AForeignKeyDoesNotFindTheHeirsRow) {
  sql("DELETE FROM mayor; DELETE FROM ONLY city WHERE id = 1");
  const ProgramResult result = recover({"--table", "mayor", "--apply", "--yes"});
  EXPECT_EQ(result.status, 1);
  expect_holds(result.err, "1 row of public.mayor would refer to no row of public.city (city=1)");
}

}  // namespace
}  // namespace varve
