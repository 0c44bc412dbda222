// What an import came to.
#pragma once

#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"
#include "tools/import/import_plan.h"
#include "tools/import/known_backups.h"

namespace varve::cli {

struct ImportReport {
  struct Taken {
    OldBackup backup;
    Snapshot snapshot;
  };
  struct Present {
    OldBackup backup;
    KnownBackup known;
  };
  std::vector<Taken> taken;      // oldest first
  std::vector<Present> present;  // in the repository already
  std::vector<OldBackup> older;  // than what the repository has, where only newer ones were wanted
  std::vector<std::string> notes;
  std::vector<ImportPlan::Remark> passed_over;
  std::vector<ImportPlan::Remark> failed;
  bool dry_run = false;

  std::uint64_t disk_bytes() const;   // of what was taken, as it lies in the folder
  std::uint64_t raw_bytes() const;    // unpacked
  std::uint64_t added_bytes() const;  // to the repository

  // Of what was taken and what is there already: as it lies in the folder, and what it came to in
  // the repository.
  std::uint64_t folder_disk_bytes() const;
  std::uint64_t folder_added_bytes() const;
};

// How people read it: a line for each backup, what was passed over and why, the sums.
std::string import_text(const ImportReport& report);

}  // namespace varve::cli
