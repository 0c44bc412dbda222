// SQLite databases for tests, made and changed in one line.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace varve {

// A connection; it is closed, and a WAL checkpointed, at the end.
class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    sqlite3* opened = nullptr;
    const int code = ::sqlite3_open(path.c_str(), &opened);
    handle_.reset(opened);
    require(code, path.native());
  }

  void run(const std::string& sql) {
    require(::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr), sql);
  }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { ::sqlite3_close(handle); }
  };

  void require(int code, const std::string& what) const {
    if (code != SQLITE_OK) throw std::runtime_error(what + ": " + ::sqlite3_errmsg(handle_.get()));
  }

  std::unique_ptr<sqlite3, Close> handle_;
};

// A table `t` of `rows` rows with a few hundred bytes each that hardly compress.
inline void make_database(const std::filesystem::path& path, int rows) {
  Database database(path);
  database.run("CREATE TABLE t(id INTEGER PRIMARY KEY, body TEXT)");
  database.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
               std::to_string(rows) + ") INSERT INTO t SELECT i, hex(randomblob(100)) FROM n");
}

}  // namespace varve
