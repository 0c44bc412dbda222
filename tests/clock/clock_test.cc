// The program under clocks that jump: names stay unique and in order, and what a wrong clock says
// makes nobody forget or delete what is newest.
#include <fmt/format.h>

#include <algorithm>

#include "store/core/time.h"
#include "tests/system/varve_program.h"

namespace varve {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kYear = 365 * kDay;
constexpr int kWarning = 3;  // exit status

class Clock : public VarveProgram {
 protected:
  Clock() { init(); }

  // The program, its clock so many seconds ahead of ours.
  ProgramResult at(std::int64_t ahead, const Words& words, const std::string& zone = "UTC") const {
    ProgramSetting changed = setting();
    const char* const options = std::getenv("ASAN_OPTIONS");
    changed.environment.emplace_back("LD_PRELOAD", VARVE_CLOCK_LAYER);
    changed.environment.emplace_back("VARVE_TEST_CLOCK", std::to_string(ahead));
    changed.environment.emplace_back("TZ", zone);
    changed.environment.emplace_back(
        "ASAN_OPTIONS",
        fmt::format("{}:verify_asan_link_order=0", options == nullptr ? "" : options));
    return Program(command(words), changed).wait();
  }

  // A snapshot of a file with this content.
  void take(std::int64_t ahead, const std::string& content, int status = 0,
            const std::string& zone = "UTC") const {
    write_text(in_folder("file"), content);
    const ProgramResult result = at(ahead, {"ingest", "--verify", "none", "file"}, zone);
    EXPECT_EQ(result.status, status) << result.err;
  }

  std::string latest() const { return must({"cat", "latest:file"}); }
  void expect_ordered_and_unique() const {
    const Words all = names();
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(must({"cat", all[i] + ":file"}), std::to_string(i)) << all[i];
    }
  }
};

TEST_F(Clock, TheLayerSetsIt) {
  take(-kYear, "0");
  const std::string year = to_iso({Timestamp::now().seconds - kYear}).substr(0, 4);
  EXPECT_EQ(names().front().substr(0, 4), year);
}

TEST_F(Clock, SetBackALittleTheOrderStays) {
  take(0, "0");
  take(-kHour, "1");
  take(-20 * kHour, "2");
  take(-2, "3");
  take(5, "4");
  expect_ordered_and_unique();
  EXPECT_EQ(latest(), "4");
}

TEST_F(Clock, SetBackALittleTheNewestIsKept) {
  take(0, "old");
  take(-2 * kHour, "new");
  const ProgramResult result = at(-2 * kHour, {"forget", "--keep-last", "1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(names().size(), 1U);
  EXPECT_EQ(latest(), "new");
}

TEST_F(Clock, SetBackAYearNoPolicyForgets) {
  take(0, "old");
  take(-kYear, "new", kWarning);
  for (const Words& policy :
       {Words{"--keep-last", "1"}, Words{"--keep-daily", "7"}, Words{"--keep-within", "30d"}}) {
    Words words = {"forget"};
    words.insert(words.end(), policy.begin(), policy.end());
    const ProgramResult result = at(-kYear, words);
    EXPECT_EQ(result.status, 1) << result.err;
    expect_holds(result.err, "lies in the future");
  }
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(Clock, AheadTenYearsNothingYoungIsForgotten) {
  take(-kDay, "yesterday");
  take(0, "today");
  take(10 * kYear, "tomorrow");
  const ProgramResult result = at(10 * kYear, {"forget", "--keep-within", "7d"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(names().size(), 3U);
  // The clock is right again: the snapshot of the future is in the way, and says so.
  take(10, "now", kWarning);
  EXPECT_EQ(varve({"forget", "--keep-last", "1"}).status, 1);
  must({"forget", names().back()});
  EXPECT_EQ(latest(), "now");
  EXPECT_EQ(varve({"forget", "--keep-last", "1"}).status, 0);
  EXPECT_EQ(latest(), "now");
}

TEST_F(Clock, GarbageIsCollectedAlikeUnderAnyClock) {
  take(0, std::string(300'000, 'a'));
  take(1, "small");
  must({"forget", names().front()});
  for (const std::int64_t ahead : {-kYear, 10 * kYear, -10 * kYear}) {
    const ProgramResult result = at(ahead, {"gc"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(latest(), "small");
  }
  must({"check", "--read-data"});
}

// gc condemns, and takes away only when no ingest is left that began before: whatever the clock.
TEST_F(Clock, GarbageWaitsForAnIngestUnderAnyClock) {
  const std::string content(100'000, 'a');
  take(0, content);
  take(1, "small");
  const std::string fifo = in_folder("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Program ingest(
      {"sh", "-c", fmt::format("exec {} ingest --verify none --as file - < fifo", VARVE_BINARY)},
      setting());
  std::ofstream source(fifo, std::ios::binary);
  source << content << std::flush;  // it shares the chunk that the next line makes garbage
  must({"forget", names().front()});
  for (const std::int64_t ahead : {-kYear, 10 * kYear}) {
    EXPECT_EQ(at(ahead, {"gc"}).status, 0);
  }
  source.close();
  const ProgramResult done = ingest.wait();
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(latest(), content);
  must({"check", "--read-data"});
}

TEST_F(Clock, ProofsOfTheFutureDoNotCount) {
  take(0, "0");
  EXPECT_EQ(at(10 * kYear, {"verify", "latest"}).status, 0);
  expect_holds(must({"verify", "--stale", "30", "--verbose"}), "file");
  EXPECT_EQ(names_in(repository() / "attestations").size(), 2U);  // it was proven again
}

// Names are in UTC: no hour comes twice, whatever the zone does.
TEST_F(Clock, ZonesAndSummerTime) {
  const char* const zones[] = {"Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati",
                               "Pacific/Apia", ":/no/such/zone"};
  int number = 0;
  for (const char* const zone : zones) {
    take(number, std::to_string(number), 0, zone);
    ++number;
  }
  expect_ordered_and_unique();
}

TEST_F(Clock, LeapDaysAndTheEndsOfTime) {
  int number = 0;
  for (const char* const time :
       {"0000-01-01", "1900-02-28", "1970-01-01", "2000-02-29T23:59:59", "2024-02-29", "2024-03-01",
        "2100-02-28T23:59:59", "2100-03-01", "9999-12-31T23:59:59"}) {
    write_text(in_folder("file"), std::to_string(number++));
    const ProgramResult result = varve({"ingest", "--verify", "none", "--time", time, "file"});
    EXPECT_EQ(result.status, 0) << time << result.err;
  }
  expect_ordered_and_unique();
  for (const char* const no_time : {"2023-02-29", "2100-02-29", "@253402300800", "@-62167219201"}) {
    EXPECT_EQ(varve({"ingest", "--time", no_time, "file"}).status, 2) << no_time;
  }
}

}  // namespace
}  // namespace varve
