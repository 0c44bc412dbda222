// SIGKILL at twenty random moments of a restore over a database in WAL mode, commits in its log:
// the old rows or the new ones, all of them, never neither.
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/system/restore_program.h"

namespace varve {
namespace {

constexpr int kNew = 20'000;   // rows, in the snapshot
constexpr int kOld = 15'000;   // in what is replaced: some in the database,
constexpr int kInLog = 4'000;  // and these in its log alone

class RestoreKill : public RestoreProgram {
 protected:
  using Clock = std::chrono::steady_clock;

  void SetUp() override {
    init();
    make_wal_database(app(), kNew);
    must({"ingest", "app.db", "--verify", "quick"});
    std::filesystem::remove(app());
    make_wal_database(app(), kOld - kInLog);
    leave_in_wal(app(), kInLog);
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(app().native() + suffix, in_folder("old").native() + suffix);
    }
  }
  void put_old_one() const {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::filesystem::remove(app().native() + suffix);
    }
    for (const char* suffix : {"", "-wal"}) {
      std::filesystem::copy_file(in_folder("old").native() + suffix, app().native() + suffix);
    }
  }
  static Words restore() { return {"restore", "latest:app.db:app.db", "app.db", "--yes"}; }

  std::chrono::microseconds time_of_a_restore() const {
    put_old_one();
    const Clock::time_point begin = Clock::now();
    must(restore());
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  }
};

TEST_F(RestoreKill, AtAnyMomentThereIsTheOldDatabaseOrTheNewOne) {
  const auto whole = time_of_a_restore();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  int old_ones = 0;
  for (int round = 0; round < 20; ++round) {
    put_old_one();
    // Every other one near the end, where the one takes the other's place.
    const auto first = round % 2 == 0 ? 0 : whole.count() * 7 / 10;
    std::uniform_int_distribution<std::int64_t> moment(first, whole.count());
    Program program(command(restore()), setting());
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    program.send(SIGKILL);
    program.wait();
    const std::string count = rows(app());
    EXPECT_TRUE(count == fmt::format("{}\n", kOld) || count == fmt::format("{}\n", kNew)) << count;
    if (count == fmt::format("{}\n", kOld)) ++old_ones;
    EXPECT_EQ(integrity(app()), "ok\n");
  }
  RecordProperty("old_ones", old_ones);
  must({"restore", "latest:app.db:app.db", "app.db", "--yes"});
  EXPECT_EQ(rows(app()), fmt::format("{}\n", kNew));
  expect_alone();
  must({"gc"});
  must({"check", "--read-data"});
}

}  // namespace
}  // namespace varve
