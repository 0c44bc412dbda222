// The date in a backup's file name, as shell scripts write it, and the name without it.
//
//   history_20251109_120000.db                  history.db
//   workstation-backup-2025-11-24T23-30-00.db   workstation-backup.db
//   backup-20241218.dump                        backup.dump, at midnight
//   20241218-shop.sql.gz                        shop.sql.gz
//   2024-12-18T02:00:00Z.rdb                    .rdb: nothing but the date stands before it
//
// A date is YYYYMMDD, or with '-', '_' or '.' between the parts; or DD-MM-YYYY, with one of these
// between the parts. Between dots the day stands first; otherwise MM-DD-YYYY is written as well,
// and where both could be meant the name alone does not tell: see DayOrder.
//
// A time follows at once or after one of "T-_ ": HHMM or HHMMSS, or with "-:._" between the parts.
// Behind the seconds, three, six or nine digits after one of ".,_-" are parts of a second, and left
// out. A 'Z' after it means UTC; "+01", "+0100" and "+01:00" an offset from UTC, and so do "-0500"
// and "-05:00" where a 'T' stands before the time (elsewhere that may be a number).
//
// Ten digits that begin with 1 are seconds since 1970, thirteen are milliseconds; these count where
// there is no date. No digit stands before or after. Where a name holds several dates, the longest
// counts, of those the last.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "store/core/time.h"

namespace varve {

// A date and time as people write them, in a zone that they do not say.
struct CivilTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  friend bool operator==(const CivilTime&, const CivilTime&) = default;
};

// How 05-03-2024 is meant.
enum class DayOrder { unknown, day_first, month_first };

struct DatedName {
  std::string name;  // without the date
  CivilTime time;
  // From UTC, where the name says it; else in a zone that it does not say.
  std::optional<std::chrono::minutes> offset;
  // What a date as DD-MM-YYYY shows of how this script writes them: unknown where it is none, or
  // where both readings are dates.
  DayOrder shows = DayOrder::unknown;
  // Both readings are dates, and different ones, and `order` does not say which is meant.
  bool is_ambiguous = false;
};

// Nothing where the name holds no date that there is. `order` is how dates are taken that have two
// readings.
std::optional<DatedName> dated_name(std::string_view file_name, DayOrder order = DayOrder::unknown);

// In the time zone of this process (TZ), or in UTC. Of an hour that comes twice, either; one that
// was left out is taken for the hour after.
Timestamp local_time(const CivilTime& time);
Timestamp utc_time(const CivilTime& time);

}  // namespace varve
