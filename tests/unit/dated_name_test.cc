// Dates in the names of backups.
#include "tools/import/dated_name.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <optional>

namespace varve {
namespace {

struct Case {
  const char* file;
  const char* name;
  CivilTime time;
  bool is_utc = false;
};

std::chrono::minutes east(int hours, int minutes = 0) {
  return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

TEST(DatedName, KnowsWhatScriptsWrite) {
  for (const auto& [file, name, time, is_utc] : {
           Case{"history_20251109_120000.db", "history.db", {2025, 11, 9, 12, 0, 0}},
           Case{"workstation-backup-2025-11-24T23-30-00.db",
                "workstation-backup.db",
                {2025, 11, 24, 23, 30, 0}},
           Case{"backup-20241218.dump", "backup.dump", {2024, 12, 18}},
           Case{"NAME_20250101_235959.sql.gz", "NAME.sql.gz", {2025, 1, 1, 23, 59, 59}},
           Case{"asset-data-20241218-020000.tar.gz", "asset-data.tar.gz", {2024, 12, 18, 2, 0, 0}},
           Case{"20241218-shop.sql", "shop.sql", {2024, 12, 18}},
           Case{"20241218T0230Z.rdb", ".rdb", {2024, 12, 18, 2, 30, 0}, true},
           Case{"2024-12-18T02:00:00Z.rdb", ".rdb", {2024, 12, 18, 2, 0, 0}, true},
           Case{"dump.20241218.rdb", "dump.rdb", {2024, 12, 18}},
           Case{"db_2024_12_18_02_30_15.bak", "db.bak", {2024, 12, 18, 2, 30, 15}},
           Case{"db 2024.12.18 02.30.bak", "db.bak", {2024, 12, 18, 2, 30, 0}},
           Case{"app20241218020304.db", "app.db", {2024, 12, 18, 2, 3, 4}},
           Case{"shop-20241218-full.dump", "shop-full.dump", {2024, 12, 18}},
           Case{"shop-20241218Zebra.dump", "shopZebra.dump", {2024, 12, 18}},
           Case{"x-20241218-0230Zebra", "xZebra", {2024, 12, 18, 2, 30, 0}},
           Case{"x-2024-12-18-2500", "x-2500", {2024, 12, 18}},
           Case{"v2.1-20240229.db", "v2.1.db", {2024, 2, 29}},
           Case{"2023-01-01_20240102_030405.db", "2023-01-01.db", {2024, 1, 2, 3, 4, 5}},
       }) {
    const auto dated = dated_name(file);
    ASSERT_TRUE(dated) << file;
    EXPECT_EQ(dated->name, name) << file;
    EXPECT_TRUE(dated->time == time)
        << file << ": " << dated->time.year << '-' << dated->time.month << '-' << dated->time.day
        << ' ' << dated->time.hour << ':' << dated->time.minute << ':' << dated->time.second;
    EXPECT_EQ(dated->offset.has_value(), is_utc) << file;
    EXPECT_FALSE(dated->is_ambiguous) << file;
  }
}

TEST(DatedName, OffsetsFromUtcAreHonoured) {
  struct Zoned {
    const char* file;
    const char* name;
    std::optional<std::chrono::minutes> offset;
  };
  for (const auto& [file, name, offset] :
       {Zoned{"shop-2024-11-03T02:00:00+01:00.sql", "shop.sql", east(1)},
        Zoned{"shop_20241103_020000+0100.sql", "shop.sql", east(1)},
        Zoned{"shop_20241103_0200+0530.sql", "shop.sql", east(5, 30)},
        Zoned{"shop_20241103_020000+01.sql", "shop.sql", east(1)},
        Zoned{"shop-2024-11-03T02:00:00-05:00.sql", "shop.sql", east(-5)},
        Zoned{"shop-20241103T020000-0500.sql", "shop.sql", east(-5)},
        Zoned{"shop-2024-11-03T02:00:00.123+01:00.sql", "shop.sql", east(1)},
        Zoned{"shop_20241103_020000-0500.sql", "shop-0500.sql", {}},
        Zoned{"shop_20241103_020000+9900.sql", "shop+9900.sql", {}},
        Zoned{"shop-20241103T020000-05.sql", "shop-05.sql", {}},
        Zoned{"shop_20241103+0100.sql", "shop+0100.sql", {}}}) {
    const auto dated = dated_name(file);
    ASSERT_TRUE(dated) << file;
    EXPECT_EQ(dated->name, name) << file;
    EXPECT_EQ(dated->offset, offset) << file;
    EXPECT_EQ(dated->time.day, 3) << file;
  }
}

TEST(DatedName, PartsOfASecondAreNoPartOfTheName) {
  for (const char* file : {"shop_20241218_023015_456.sql", "shop_20241218_023015.456.sql",
                           "shop-2024-12-18T02:30:15,123456.sql",
                           "shop_20241218-023015-123456789.sql", "shop20241218023015456.sql"}) {
    const auto dated = dated_name(file);
    ASSERT_TRUE(dated) << file;
    EXPECT_EQ(dated->name, "shop.sql") << file;
    EXPECT_TRUE((dated->time == CivilTime{2024, 12, 18, 2, 30, 15})) << file;
  }
  EXPECT_EQ(dated_name("shop_20241218_023015_45.sql")->name, "shop_45.sql");
  EXPECT_EQ(dated_name("shop_20241218_0230_456.sql")->name, "shop_456.sql");
}

TEST(DatedName, SecondsSince1970CountWhereThereIsNoDate) {
  for (const char* file :
       {"shop-1734489015.sql", "shop-1734489015123.sql", "1734489015_shop.sql"}) {
    const auto dated = dated_name(file);
    ASSERT_TRUE(dated) << file;
    EXPECT_EQ(dated->name, "shop.sql") << file;
    EXPECT_TRUE((dated->time == CivilTime{2024, 12, 18, 2, 30, 15})) << file;
    EXPECT_EQ(dated->offset, std::chrono::minutes(0)) << file;
  }
  EXPECT_EQ(dated_name("1734489015-20241218.db")->name, "1734489015.db");
}

TEST(DatedName, ADayFirstIsTakenWhereNothingElseCanBeMeant) {
  const auto time_of = [](const char* file, DayOrder order = DayOrder::unknown) {
    const auto dated = dated_name(file, order);
    return dated && !dated->is_ambiguous ? dated->time : CivilTime{};
  };
  const CivilTime fifth_of_march{2024, 3, 5};
  const CivilTime third_of_may{2024, 5, 3};
  EXPECT_TRUE((time_of("shop-18-12-2024.db") == CivilTime{2024, 12, 18}));
  EXPECT_TRUE((time_of("shop-12-18-2024_0230.db") == CivilTime{2024, 12, 18, 2, 30}));
  EXPECT_TRUE((time_of("shop-05-05-2024.db") == CivilTime{2024, 5, 5}));
  EXPECT_TRUE(time_of("shop-05.03.2024.db") == fifth_of_march);
  EXPECT_TRUE(dated_name("shop-05-03-2024.db")->is_ambiguous);
  EXPECT_TRUE(time_of("shop-05-03-2024.db", DayOrder::day_first) == fifth_of_march);
  EXPECT_TRUE(time_of("shop-05-03-2024.db", DayOrder::month_first) == third_of_may);
  EXPECT_EQ(dated_name("shop-18-12-2024.db")->shows, DayOrder::day_first);
  EXPECT_EQ(dated_name("shop-12-18-2024.db")->shows, DayOrder::month_first);
  EXPECT_EQ(dated_name("shop-05-03-2024.db")->shows, DayOrder::unknown);
  EXPECT_EQ(dated_name("shop-18.12.2024.db")->shows, DayOrder::unknown);
  EXPECT_EQ(dated_name("shop-2024-12-18.db")->shows, DayOrder::unknown);
}

TEST(DatedName, WhatIsNoDateIsNone) {
  for (const char* file : {"",
                           "notes.txt",
                           "history.db",
                           "20241318.db",
                           "20250229.db",
                           "2024-1218.db",
                           "120241218.db",
                           "202412181.db",
                           "18122024.db",
                           "12345678.db",
                           "2024.db",
                           "backup-2024-12.db",
                           "00000000.db",
                           "99991231.db",
                           "2024-12-18123.db",
                           "32-12-2024.db",
                           "13-13-2024.db",
                           "12-2024.db",
                           "shop-17344890.db",
                           "shop-2734489015.db",
                           "shop-17344890151.db"}) {
    EXPECT_FALSE(dated_name(file)) << file;
  }
}

// TZ, as long as this lives.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", before_.c_str(), 1);
    ::tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::string before_;
};

TEST(DatedName, LocalTimesFollowTheZoneOfTheirDay) {
  const Zone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(to_iso(local_time({2025, 1, 9, 12, 0, 0})), "2025-01-09T11:00:00Z");
  EXPECT_EQ(to_iso(local_time({2025, 7, 9, 12, 0, 0})), "2025-07-09T10:00:00Z");
  EXPECT_EQ(to_iso(utc_time({2025, 7, 9, 12, 0, 0})), "2025-07-09T12:00:00Z");
}

}  // namespace
}  // namespace varve
