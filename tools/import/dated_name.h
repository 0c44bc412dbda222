// The date in a backup's file name, as shell scripts write it, and the name without it.
//
//   history_20251109_120000.db                  history.db
//   workstation-backup-2025-11-24T23-30-00.db   workstation-backup.db
//   backup-20241218.dump                        backup.dump, at midnight
//   20241218-shop.sql.gz                        shop.sql.gz
//   2024-12-18T02:00:00Z.rdb                    .rdb: nothing but the date stands before it
//
// A date is YYYYMMDD, or with '-', '_' or '.' between the parts. A time follows at once or after
// one of "T-_ ": HHMM or HHMMSS, or with "-:._" between the parts; a 'Z' after it means UTC. No
// digit stands before or after. Where a name holds several dates, the longest counts, of those the
// last.
#pragma once

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

struct DatedName {
  std::string name;  // without the date
  CivilTime time;
  bool is_utc = false;  // the name says so
};

// Nothing where the name holds no date that there is.
std::optional<DatedName> dated_name(std::string_view file_name);

// In the time zone of this process (TZ), or in UTC. Of an hour that comes twice, either; one that
// was left out is taken for the hour after.
Timestamp local_time(const CivilTime& time);
Timestamp utc_time(const CivilTime& time);

}  // namespace varve
