// What a folder of old backups holds: which files are backups, of what, and of when.
#pragma once

#include <string>
#include <vector>

#include "tools/import/old_backup.h"

namespace varve {

struct ImportPlan {
  struct Remark {
    Path path;
    std::string words;  // one line
  };
  std::vector<OldBackup> backups;   // oldest first
  std::vector<Remark> passed_over;  // files that are no dated backups, and why
  std::vector<Remark> unreadable;   // backups, by their name, that cannot be read
};

enum class NamedTimes { local, utc };  // what times in names mean that do not say so

// Looks at the folder's own files, not at folders in it, and reads the front of each. Throws an
// Error where the folder cannot be read.
ImportPlan plan_import(const Path& folder, NamedTimes times);

}  // namespace varve
