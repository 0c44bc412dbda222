#include "store/core/time.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace varve {
namespace {

constexpr std::int64_t kDay = 86400;  // seconds

std::int64_t seconds_of(std::string_view text) {
  const auto time = parse_time(text);
  EXPECT_TRUE(time) << text;
  return time ? time->seconds : 0;
}

TEST(Time, IsWrittenInUtc) {
  EXPECT_EQ(to_iso({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_iso({1795226400}), "2026-11-21T02:00:00Z");
  EXPECT_EQ(to_directory_name({1795226400}), "2026-11-21T02-00-00Z");
  EXPECT_EQ(to_iso({-1}), "1969-12-31T23:59:59Z");
}

TEST(Time, LeapDays) {
  EXPECT_EQ(to_iso({951'782'400}), "2000-02-29T00:00:00Z");
  EXPECT_EQ(seconds_of("2000-02-29T23:59:59Z") + 1, seconds_of("2000-03-01"));
  EXPECT_EQ(seconds_of("2024-02-28") + 2 * kDay, seconds_of("2024-03-01"));
  EXPECT_EQ(seconds_of("2023-02-28") + kDay, seconds_of("2023-03-01"));
  EXPECT_EQ(seconds_of("2100-02-28") + kDay, seconds_of("2100-03-01"));
  EXPECT_FALSE(parse_time("2023-02-29"));
  EXPECT_FALSE(parse_time("2100-02-29"));
  EXPECT_TRUE(parse_time("2400-02-29"));
}

TEST(Time, EveryFormThatAPersonTypes) {
  for (const char* text :
       {"2026-11-21T02:00", "2026-11-21T02:00:00", "2026-11-21T02:00:00Z", "2026-11-21T02-00-00Z",
        "2026-11-21T02-00-00", "2026-11-21T02-00", "2026-11-21 02:00:00", "2026-11-21 02:00",
        "2026-11-21t02:00:00z", "2026-11-21T03:00:00+01:00", "2026-11-21T03:00+0100",
        "2026-11-21T03:00+01", "2026-11-20T20:30:00-05:30", "2026-11-21T03-00-00+01:00",
        "@1795226400"}) {
    EXPECT_EQ(seconds_of(text), 1795226400) << text;
  }
  EXPECT_EQ(seconds_of("2026-11-21"), 1795219200);
  EXPECT_EQ(seconds_of("@-1"), -1);
}

TEST(Time, OtherTextIsNoTime) {
  for (const char* text : {"",
                           "now",
                           "latest",
                           "2026",
                           "2026-11",
                           "2026-1-21",
                           "26-11-21",
                           "2026-11-21T",
                           "2026-11-21 ",
                           "2026-11-21T2:00",
                           "2026-11-21T02",
                           "2026-11-21T24:00",
                           "2026-11-21T02:60",
                           "2026-11-21T02:00:60",
                           "2026-11-21T02:00:00.5",
                           "2026-11-21T02:00:00ZZ",
                           "2026-11-21T02:00-00Z",
                           "2026-11-21T02:00:00+",
                           "2026-11-21T02:00:00+1",
                           "2026-11-21T02:00:00+24:00",
                           "2026-11-21T02:00:00+01:",
                           "2026-11-21T02:00:00 +01:00",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-01-00",
                           "2026-04-31",
                           "2026/11/21",
                           "+026-11-21",
                           " 2026-11-21",
                           "2026-11-21Z",
                           "2026-11-21T02-00-00Z.2",
                           "@",
                           "@1.5",
                           "@x",
                           "@1 ",
                           "@99999999999999999999"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Time, AgreesWithTheLibraryAndComesBack) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::int64_t first = seconds_of("0001-01-01");
  const std::int64_t last = seconds_of("9999-12-31T23:59:59");
  std::uniform_int_distribution<std::int64_t> any(first, last);
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp time{any(random)};
    const time_t seconds = time.seconds;
    tm parts{};
    ASSERT_NE(::gmtime_r(&seconds, &parts), nullptr);
    char text[64];
    ::strftime(text, sizeof text, "-%m-%dT%H:%M:%SZ", &parts);
    EXPECT_EQ(to_iso(time).substr(4), text);
    EXPECT_EQ(parse_time(to_iso(time)), time);
    EXPECT_EQ(parse_time(to_directory_name(time)), time);
  }
}

TEST(Time, TheCalendarHasTenThousandYears) {
  EXPECT_EQ(to_iso(parse_time("@253402300799").value()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(to_iso(parse_time("@-62167219200").value()), "0000-01-01T00:00:00Z");
  for (const char* text : {"@253402300800", "@-62167219201", "@9223372036854775807",
                           "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Time, NowIsNow) {
  const time_t before = ::time(nullptr);
  const std::int64_t now = Timestamp::now().seconds;
  EXPECT_GE(now, before);
  EXPECT_LE(now, ::time(nullptr) + 1);  // time(2) may lag behind the clock by a tick
}

TEST(Duration, UnitsAndSums) {
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("45m"), 45 * 60);
  EXPECT_EQ(parse_duration("36h"), 36 * 3600);
  EXPECT_EQ(parse_duration("30d"), 30 * kDay);
  EXPECT_EQ(parse_duration("8w"), 56 * kDay);
  EXPECT_EQ(parse_duration("6M"), 180 * kDay);
  EXPECT_EQ(parse_duration("2y"), 730 * kDay);
  EXPECT_EQ(parse_duration("1d12h"), 36 * 3600);
  EXPECT_EQ(parse_duration("0s"), 0);
}

TEST(Duration, OtherTextIsNoDuration) {
  for (const char* text :
       {"", "30", "d", "30 d", "-1d", "+1d", "1.5d", "1d ", "1d12", "1D", "1dd",
        "99999999999999999999s", "9223372036854775807y", "9223372036854775807s1s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace varve
