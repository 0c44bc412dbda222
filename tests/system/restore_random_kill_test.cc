// SIGKILL at twenty random moments of a restore of a folder, of an undo, and of a restore over a
// PostgreSQL database: what was there or what was to come, never neither, and the next one works.
#include "tests/system/postgres_program.h"
#include "tests/system/random_kill.h"
#include "tests/system/restore_program.h"

namespace varve {
namespace {

class FolderKill : public RestoreProgram {
 protected:
  static constexpr int kFiles = 12;

  static std::string name_of(int number) {
    return fmt::format("www/{}/{}.html", number % 3, number);
  }
  static std::string content(int number, char state) {
    return std::string(100'000, state) + name_of(number);
  }
  void write_all(char state) const {
    for (int number = 0; number < kFiles; ++number) {
      std::filesystem::create_directories(in_folder(name_of(number)).parent_path());
      write_text(in_folder(name_of(number)), content(number, state));
    }
  }
  // Each file by itself.
  void expect_whole() const {
    for (int number = 0; number < kFiles; ++number) {
      const std::string found = content_of(in_folder(name_of(number)));
      EXPECT_TRUE(found == content(number, 'o') || found == content(number, 'n')) << number;
    }
  }
};

TEST_F(FolderKill, AtAnyMomentEachFileIsTheOldOneOrTheNewOne) {
  init();
  write_all('n');
  must({"ingest", "www"});
  const Words restore = {"restore", "latest:www:www", "www", "--yes"};
  write_all('o');
  RandomKill random(RandomKill::time_of([&] { must(restore); }));
  SCOPED_TRACE(random.seed());
  for (int round = 0; round < RandomKill::kRounds; ++round) {
    write_all('o');
    Program program(command(restore), setting());
    random.kill(program, round);
    expect_whole();
  }
  must(restore);
  for (int number = 0; number < kFiles; ++number) {
    EXPECT_EQ(content_of(in_folder(name_of(number))), content(number, 'n'));
  }
  for (const char* place : {"www", "www/0", "www/1", "www/2"}) {
    for (const std::string& name : names_in(in_folder(place))) {
      EXPECT_FALSE(name.starts_with(".varve")) << name;
    }
  }
}

class UndoKill : public RestoreProgram {};

// The old state is a database with commits in its log alone: it comes back by way of a folder.
TEST_F(UndoKill, AtAnyMomentThereIsTheOneDatabaseOrTheOther) {
  constexpr int kStored = 3000;
  constexpr int kSaved = 4000;
  init();
  make_wal_database(app(), kStored);
  must({"ingest", "app.db", "--verify", "quick"});
  leave_in_wal(app(), kSaved - kStored);
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  std::filesystem::copy_file(app(), in_folder("restored"));
  const Words undo = {"restore", safety(), "--undo", "app.db", "--yes"};
  RandomKill random(RandomKill::time_of([&] { must(undo); }));
  SCOPED_TRACE(random.seed());
  for (int round = 0; round < RandomKill::kRounds; ++round) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::filesystem::remove(app().native() + suffix);
    }
    std::filesystem::copy_file(in_folder("restored"), app());
    Program program(command(undo), setting());
    random.kill(program, round);
    const std::string count = rows(app());
    EXPECT_TRUE(count == fmt::format("{}\n", kStored) || count == fmt::format("{}\n", kSaved))
        << count;
    EXPECT_EQ(integrity(app()), "ok\n");
  }
  must(undo);
  EXPECT_EQ(rows(app()), fmt::format("{}\n", kSaved));
  expect_alone();
}

class PostgresKill : public PostgresProgram {};

TEST_F(PostgresKill, AtAnyMomentTheNameIsOfTheOldDatabaseOrOfTheNewOne) {
  sql("CREATE TABLE t AS SELECT generate_series(1, 100) AS id");
  must({"ingest", shop()});
  const Words restore = {"restore", names().front() + ":shop.pgdump", shop(), "--force", "-j", "1"};
  const auto make_old = [&] { sql("DELETE FROM t WHERE id > 10"); };
  // What it began on the server ends with its sessions.
  const auto await_its_end = [&] {
    const std::string sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = "
        "'client backend'";
    while (server_.sql("postgres", sessions) != "0\n") std::this_thread::yield();
  };
  make_old();
  RandomKill random(RandomKill::time_of([&] { must(restore); }));
  SCOPED_TRACE(random.seed());
  for (int round = 0; round < RandomKill::kRounds; ++round) {
    make_old();
    Program program(command(restore), setting());
    random.kill(program, round);
    await_its_end();
    const std::string count = sql("SELECT count(*) FROM t");
    EXPECT_TRUE(count == "10\n" || count == "100\n") << count;
  }
  make_old();
  varve(restore);  // says what it cleared away
  EXPECT_EQ(sql("SELECT count(*) FROM t"), "100\n");
  EXPECT_EQ(server_.sql("postgres",
                        "SELECT count(*) FROM pg_database WHERE datname LIKE '%restoring%' AND "
                        "shobj_description(oid, 'pg_database') LIKE 'varve%'"),
            "0\n");
  must({"restore", "--undo", shop(), "--yes"});
  EXPECT_EQ(sql("SELECT count(*) FROM t"), "10\n");
}

}  // namespace
}  // namespace varve
