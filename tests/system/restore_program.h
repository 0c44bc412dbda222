// The fixture of tests that restore SQLite databases over those that are there.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tests/support/shell.h"
#include "tests/system/varve_program.h"

namespace varve {

class RestoreProgram : public VarveProgram {
 protected:
  Path app() const { return in_folder("app.db"); }
  Path wal() const { return in_folder("app.db-wal"); }
  Path journal() const { return in_folder("app.db-journal"); }

  // What sqlite3 answers, as any program would be answered.
  static std::string query(const Path& database, const std::string& sql) {
    return shell("sqlite3 " + quoted(database) + " " + quoted(sql)).output;
  }
  static std::string rows(const Path& database) {
    return query(database, "SELECT count(*) FROM t");
  }
  static std::string integrity(const Path& database) {
    return query(database, "PRAGMA integrity_check");
  }

  // A database in WAL mode with `rows` rows.
  static void make_wal_database(const Path& path, int rows) {
    Database(path).run("PRAGMA journal_mode=WAL");
    make_database(path, rows);
  }
  // The database as a machine that lost power leaves it: `more` rows of it in the -wal alone.
  static void leave_in_wal(const Path& path, int more) {
    const Path live = path.native() + ".live";
    std::filesystem::rename(path, live);
    Database database(live);
    database.run("PRAGMA wal_autocheckpoint=0");
    database.run(
        fmt::format("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
                    "INSERT INTO t(body) SELECT hex(randomblob(100)) FROM n",
                    more));
    std::filesystem::copy_file(live, path);
    std::filesystem::copy_file(live.native() + "-wal", path.native() + "-wal");
  }
  // Likewise in the middle of a transaction with a rollback journal, which changes every row.
  static void leave_in_journal(const Path& path) {
    const Path live = path.native() + ".live";
    std::filesystem::rename(path, live);
    Database database(live);
    database.run("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN; UPDATE t SET body = 'lost'");
    std::filesystem::copy_file(live, path);
    std::filesystem::copy_file(live.native() + "-journal", path.native() + "-journal");
  }

  void expect_alone() const {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
      EXPECT_FALSE(std::filesystem::exists(app().native() + suffix)) << suffix;
    }
    for (const std::string& name : names_in(folder())) {
      EXPECT_FALSE(name.starts_with(".varve")) << name;
    }
  }
  // The newest snapshot with the tag pre-restore.
  std::string safety() const {
    std::string name;
    const Json list = must_json({"list"});
    for (const Json& snapshot : list["snapshots"]) {
      if (snapshot["tags"] == Json({"pre-restore"})) name = snapshot["name"];
    }
    return name;
  }
};

}  // namespace varve
