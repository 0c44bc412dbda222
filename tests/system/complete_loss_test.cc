// The machine is gone; a copy of the repository's folder is all there is. Everything comes back on
// another one by `varve restore`, in the order that the README tells.
#include <sys/stat.h>

#include <optional>

#include "tests/support/redis_server.h"
#include "tests/system/postgres_program.h"

namespace varve {
namespace {

class CompleteLoss : public PostgresProgram {
 protected:
  void SetUp() override {
    PostgresProgram::SetUp();
    fill_shop();
    sql("ALTER TABLE nothing OWNER TO clerk; GRANT SELECT, UPDATE ON big_orders TO clerk");
    make_database(in_folder("history.db"), 300);
    Database(in_folder("history.db")).run("PRAGMA journal_mode=WAL");
    redis_.emplace();
    redis_->cli("DEBUG POPULATE 1000; redis-cli -s " + redis_->socket().native() +
                " RPUSH list a b c");
    make_files();
  }
  void make_files() const {
    std::filesystem::create_directories(in_folder("www/news/empty"));
    write_text(in_folder("www/index.html"), "the first page");
    write_text(in_folder("www/news/secret"), std::string(300'000, 's'));
    ASSERT_EQ(::chmod(in_folder("www/news/secret").c_str(), 0640), 0);
    std::filesystem::create_symlink("../index.html", in_folder("www/news/home"));
  }
  // Names, kinds, permissions, owners, times, and what is in them.
  static std::string files_in(const Path& folder) {
    const ShellResult result =
        shell("cd " + quoted(folder) +
              " && find . -printf '%P %y %m %U %G %T@ %l\\n' | sort && find . -type f -print0 | "
              "sort -z | xargs -0 sha256sum");
    EXPECT_EQ(result.status, 0) << result.output;
    return result.output;
  }
  static std::string rows_in(const Path& database) {
    return shell("sqlite3 " + quoted(database) + " 'PRAGMA journal_mode; SELECT * FROM t'").output;
  }
  // A role with its password, and what it owns and may do.
  static std::string rights_on(const PostgresServer& server) {
    return server.sql("postgres",
                      "SELECT rolname, rolcanlogin, rolpassword FROM pg_authid WHERE rolname = "
                      "'clerk'") +
           server.sql("shop",
                      "SELECT relname, relowner::regrole, relacl FROM pg_class WHERE relname IN "
                      "('orders', 'big_orders', 'nothing') ORDER BY 1");
  }
  // Every row of every table, and the large objects.
  static std::string content_on(const PostgresServer& server) {
    return server.sql("shop", "SELECT md5(database_to_xml(true, false, '')::text)") +
           server.sql("shop",
                      "SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata "
                      "ORDER BY oid");
  }
  // All that is there but for `kept`, and the servers.
  void lose_all_but(const Path& kept) {
    redis_.reset();
    server_.crash();
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      if (entry.path() != kept) std::filesystem::remove_all(entry.path());
    }
  }

  std::optional<RedisServer> redis_;
};

TEST_F(CompleteLoss, ComesBackFromTheRepositorysFolderByRestoreAlone) {
  must({"ingest", "history.db", shop(), redis_->uri(), "www"});
  const std::string files = files_in(in_folder("www"));
  const std::string rows = rows_in(in_folder("history.db"));
  const std::string content = content_on(server_);
  const std::string rights = rights_on(server_);
  const std::string keys = redis_->digest();

  const Path copy = in_folder("machine");  // the new one, and on it the copy
  std::filesystem::create_directory(copy);
  ASSERT_EQ(shell("cp -r " + quoted(repository()) + " " + quoted(copy / "backup")).status, 0);
  lose_all_but(copy);
  const auto there = [&](Words words) {
    words.insert(words.begin(), {"-r", (copy / "backup").native()});
    return must(words);
  };
  there({"check", "--read-data"});
  expect_holds(there({"list"}), "history.db");

  const PostgresServer server;
  there({"restore", "latest:shop.pgdump", server.uri("shop"), "--globals", "--yes"});
  there({"restore", "latest:history.db", (copy / "history.db").native()});
  there({"restore", "latest:redis.rdb", (copy / "dump.rdb").native()});
  there({"restore", "latest:www:www", (copy / "www").native()});

  EXPECT_EQ(files_in(copy / "www"), files);
  EXPECT_EQ(server.sql("shop", "SELECT count(*) FROM orders"), "20000\n");
  EXPECT_EQ(content_on(server), content);
  EXPECT_EQ(rights_on(server), rights);
  EXPECT_EQ(RedisServer({}, copy / "dump.rdb").digest(), keys);
  const auto lines = [](const std::string& text) { return text.substr(text.find('\n')); };
  EXPECT_EQ(lines(rows_in(copy / "history.db")), lines(rows));  // a copy: in no mode of its own
}

}  // namespace
}  // namespace varve
