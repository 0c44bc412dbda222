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

struct PlanRequest {
  NamedTimes times = NamedTimes::local;
  std::string as;      // what the source is called, whatever the files are; empty: by their names
  std::string prefix;  // in front of each source's name
};

// Looks at the folder's own files, and at those of folders in it whose name is a date and nothing
// else: these are backups of that date. Reads the front of each. Dates that have two readings
// (05-03-2024) are taken as the others of the folder show, and passed over where none does.
//
// Throws an Error where the folder cannot be read; a usage Error where `as` is given for backups
// of more than one source.
ImportPlan plan_import(const Path& folder, const PlanRequest& request);

}  // namespace varve
