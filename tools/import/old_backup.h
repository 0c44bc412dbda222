// One file of a folder of old backups, and what it is to become.
#pragma once

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
  std::uint64_t size = 0;                      // bytes on disk
  bool has_log = false;  // a write-ahead log lies beside this database, and belongs to it
};

}  // namespace varve
