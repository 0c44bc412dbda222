// What an import came to.
#pragma once

#include <string>
#include <vector>

#include "store/snapshot.h"
#include "tools/import/import_plan.h"

namespace varve::cli {

struct ImportReport {
  struct Taken {
    OldBackup backup;
    Snapshot snapshot;
  };
  std::vector<Taken> taken;        // oldest first
  std::vector<OldBackup> present;  // in the repository already
  std::vector<ImportPlan::Remark> passed_over;
  std::vector<ImportPlan::Remark> failed;
  bool dry_run = false;

  std::uint64_t disk_bytes() const;   // of what was taken, as it lies in the folder
  std::uint64_t raw_bytes() const;    // unpacked
  std::uint64_t added_bytes() const;  // to the repository
};

// How people read it: a line for each backup, what was passed over and why, the sums.
std::string import_text(const ImportReport& report);

}  // namespace varve::cli
