// One file of a folder of old backups, and what it is to become.
#pragma once

#include <chrono>
#include <string>

#include "store/core/file.h"
#include "store/core/time.h"
#include "tools/import/backup_format.h"

namespace varve {

struct OldBackup {
  Path path;           // absolute
  std::string source;  // the name without the date, and without what is unpacked
  Timestamp time;      // by the name
  BackupFormat content = BackupFormat::other;  // never packed: of what is inside
  std::string packing;                         // "gzip", …; empty: not packed
  std::uint64_t size = 0;                      // bytes on disk, with its log
  // Since 1970, of it or its log, whichever is later: last written to, and last changed in any way,
  // which no program can set back.
  std::chrono::nanoseconds modified{};
  std::chrono::nanoseconds changed{};
  bool has_log = false;  // a write-ahead log lies beside this database, and belongs to it
};

// The database's own log: "a.db-wal" for "a.db".
Path log_of(const OldBackup& backup);

// Size and time of change, as the disk has them now. Throws a failed Error that names the backup.
void look_at_disk(OldBackup& backup);

// Whether it still is as it was when it was looked at. Throws as look_at_disk.
bool is_as_planned(const OldBackup& backup);

}  // namespace varve
