// A restore with --no-safety: what it replaced cannot be put back, and --undo says so, instead of
// putting back something older.
#include "tests/system/restore_postgres_program.h"
#include "tests/system/restore_program.h"

namespace varve {
namespace {

class RestoreUnsaved : public RestoreProgram {
 protected:
  void SetUp() override {
    init();
    make_database(app(), 100);
    must({"ingest", "app.db"});
    add(10);
    must(restore({"--yes"}));  // saves 110 rows
    add(20);
  }
  void add(int more) const {
    Database(app()).run(fmt::format(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO "
        "t(body) SELECT 'new' FROM n",
        more));
  }
  static Words restore(const Words& options) {
    Words words = {"restore", "latest:app.db:app.db", "app.db"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
  static Words undo(const Words& options) {
    Words words = {"restore", "--undo", "app.db", "--yes"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
  // The snapshot that an explicit undo would take, as the refusal names it.
  std::string named_way() const {
    const std::string refusal = refused(1, undo({}));
    expect_holds(refusal, "app.db was changed at ");
    expect_holds(refusal, "without a safety snapshot (--no-safety)");
    const std::size_t begin = refusal.find("varve restore ");
    const std::size_t end = refusal.find(" --undo TARGET");
    if (begin == refusal.npos || end == refusal.npos) return "";
    return refusal.substr(begin + 14, end - begin - 14);
  }
};

TEST_F(RestoreUnsaved, UndoRefusesAndNamesTheOlderState) {
  const std::string saved = safety();
  must(restore({"--yes", "--no-safety"}));  // 120 rows are gone
  EXPECT_EQ(rows(app()), "100\n");
  EXPECT_EQ(named_way(), saved);
  EXPECT_EQ(rows(app()), "100\n");
  must({"restore", saved, "--undo", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), "110\n");
  must(undo({}));  // that one was saved again
  EXPECT_EQ(rows(app()), "100\n");
  must({"check"});
}

TEST_F(RestoreUnsaved, AnUndoWithoutSafetyIsNoOtherThing) {
  const std::string saved = safety();
  must(undo({"--no-safety"}));  // 120 rows are gone
  EXPECT_EQ(rows(app()), "110\n");
  add(1);
  EXPECT_EQ(named_way(), saved);
  EXPECT_EQ(rows(app()), "111\n");
}

TEST_F(RestoreUnsaved, RowsThatAreRecoveredWithoutOneAreNoOtherThing) {
  const std::string saved = safety();
  Database(app()).run("DELETE FROM t WHERE id <= 5");
  must({"recover-rows", "latest:app.db:app.db", "app.db", "--apply", "--yes", "--no-safety"});
  EXPECT_EQ(named_way(), saved);
  EXPECT_EQ(rows(app()), "120\n");
}

TEST_F(RestoreUnsaved, WhereItFailedNothingIsRecorded) {
  {
    Database user(app());
    user.run("BEGIN IMMEDIATE");
    refused(11, restore({"--yes", "--no-safety"}));
  }
  must(undo({}));
  EXPECT_EQ(rows(app()), "110\n");
}

TEST_F(RestoreUnsaved, OnlyWhatWasSavedOfTheTargetCanBeNamed) {
  const std::string ingested = names().front();
  expect_holds(refused(1, {"restore", ingested, "--undo", "app.db", "--yes"}),
               "holds nothing that was replaced at app.db");
  refused(2, {"restore", safety(), "out.db", "--undo", "app.db"});
  EXPECT_EQ(rows(app()), "120\n");
}

class UnsavedPostgres : public RestorePostgres {
 protected:
  void SetUp() override {
    RestorePostgres::SetUp();
    must({"ingest", shop()});
  }
  std::string count() const { return sql("SELECT count(*) FROM orders"); }
  Words restore(const Words& options) const {
    Words words = {"restore", names().front() + ":shop.pgdump", shop(), "--force"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }
};

TEST_F(UnsavedPostgres, WhatChangedADatabaseInPlaceCannotBePutBack) {
  sql("DELETE FROM orders WHERE id > 100");
  must(restore({"--no-safety"}));  // keeps 100 orders
  sql("DROP TABLE parted");
  must(restore({"--table", "parted", "--no-safety"}));
  const std::string refusal = refused(1, {"restore", "--undo", shop(), "--yes"});
  expect_holds(refusal, "without a safety snapshot");
  expect_holds(refusal, "is called " + kept());
  EXPECT_EQ(count(), "20000\n");
}

TEST_F(UnsavedPostgres, ADatabaseThatWasDroppedIsNotReplacedByAnOlderOne) {
  sql("DELETE FROM orders WHERE id > 100");
  must(restore({}));
  const std::string saved = names().back();
  sql("DELETE FROM orders WHERE id > 200");
  must(restore({"--no-safety"}));
  must({"restore", "--undo", shop(), "--yes"});  // what it kept is its own
  EXPECT_EQ(count(), "200\n");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(count(), "20000\n");
  for (const std::string& database : databases_with("_before_")) {
    server_.sql("postgres", "DROP DATABASE \"" + database + "\"");
  }
  expect_holds(refused(1, {"restore", "--undo", shop(), "--yes"}),
               "varve restore " + saved + " --undo TARGET");
  must({"restore", saved, "--undo", shop(), "--yes"});
  EXPECT_EQ(count(), "100\n");
}

}  // namespace
}  // namespace varve
