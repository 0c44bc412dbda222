// One import: what a folder holds, against what is there, and into the repository.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/cli/command_line.h"
#include "tools/cli/import_report.h"
#include "tools/cli/import_trial.h"
#include "tools/import/import_plan.h"
#include "tools/import/known_backups.h"

namespace varve::cli {

struct ImportRequest {
  std::string folder;
  PlanRequest plan;
  std::vector<std::string> tags;
  std::string verify = "full";  // "none", "quick", "full"
  bool newer = false;           // only what is newer than its source's newest snapshot
  bool dry_run = false;
};

class ImportRun {
 public:
  // `existing` is where they go, or what a dry run looks at: that one may have none. All must
  // outlive it.
  ImportRun(CommandLine& line, const ImportRequest& request, Repository* existing,
            std::stop_token stop);

  // Once. A backup that is damaged is warned of, and no reason to leave the others; all other
  // Errors end it, and what was imported stays.
  ImportReport run();
  bool has_warned() const noexcept { return has_warned_; }

 private:
  void consider(const OldBackup& backup);
  bool is_old(const OldBackup& backup) const;
  void take(const OldBackup& backup);
  Snapshot store(Repository& target, const OldBackup& backup);
  void verify(Repository& target, Snapshot& snapshot);
  void tell_of_other_folder(const OldBackup& backup);
  void warn_of_other_bytes(const OldBackup& backup, const KnownBackup& known,
                           const Snapshot& snapshot);
  void warn(const std::string& words);

  CommandLine& line_;
  const ImportRequest& request_;
  Repository* existing_;
  const std::stop_token stop_;
  std::optional<ImportTrial> trial_;
  KnownBackups before_;  // what the import found
  KnownBackups known_;   // with what it has made
  std::size_t planned_ = 0;
  std::set<std::string> told_;  // sources whose other folder was told of
  ImportReport report_;
  bool has_warned_ = false;
};

}  // namespace varve::cli
