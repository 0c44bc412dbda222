#include "tools/cli/import_run.h"

#include <fmt/format.h>

#include <utility>

#include "store/core/error.h"
#include "store/ingest/ingest.h"
#include "store/snapshots/proof.h"
#include "tools/cli/host_name.h"
#include "tools/cli/progress.h"
#include "tools/cli/verification.h"
#include "tools/import/old_backup_source.h"

namespace varve::cli {

ImportRun::ImportRun(CommandLine& line, const ImportRequest& request, Repository* existing,
                     std::stop_token stop)
    : line_(line), request_(request), existing_(existing), stop_(std::move(stop)) {
  report_.dry_run = request.dry_run;
}

ImportReport ImportRun::run() {
  ImportPlan plan = plan_import(request_.folder, request_.plan);
  report_.passed_over = std::move(plan.passed_over);
  report_.failed = std::move(plan.unreadable);
  planned_ = plan.backups.size();
  if (existing_ != nullptr) before_ = KnownBackups(existing_->snapshots());
  known_ = before_;
  if (request_.dry_run) trial_.emplace(existing_);
  for (const OldBackup& backup : plan.backups) consider(backup);
  for (const auto& [path, why] : report_.failed) warn(why);
  return std::move(report_);
}

// A backup that is damaged is no reason to leave the others; a full disk is.
void ImportRun::consider(const OldBackup& backup) {
  try {
    if (const KnownBackup* known = known_.find(backup, stop_)) {
      report_.present.push_back({backup, *known});
    } else if (is_old(backup)) {
      report_.older.push_back(backup);
    } else {
      take(backup);
    }
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) {
      throw Error(
          ErrorCode::interrupted,
          fmt::format("interrupted: {} of {} backups {}", report_.taken.size(), planned_,
                      request_.dry_run ? "were tried" : "are imported; the same command goes on"));
    }
    if (error.code() != ErrorCode::failed) throw;
    report_.failed.push_back({backup.path, error.what()});
  }
}

bool ImportRun::is_old(const OldBackup& backup) const {
  if (!request_.newer) return false;
  const std::optional<Timestamp> newest = before_.newest(backup.source);
  return newest && backup.time <= *newest;
}

void ImportRun::take(const OldBackup& backup) {
  tell_of_other_folder(backup);
  if (trial_) trial_->begin_with(backup.source, stop_);
  Repository& target = trial_ ? trial_->repository() : *existing_;
  Snapshot snapshot = store(target, backup);
  if (!trial_ && request_.verify != "none") verify(target, snapshot);
  if (const KnownBackup* known = known_.of_its_time(backup)) {
    warn_of_other_bytes(backup, *known, snapshot);
  }
  known_.add(snapshot);
  report_.taken.push_back({backup, std::move(snapshot)});
}

Snapshot ImportRun::store(Repository& target, const OldBackup& backup) {
  IngestRequest request;
  request.sources.push_back(make_source(backup));
  request.tags = request_.tags;
  request.time = backup.time;
  request.host = host_name();
  request.even_if_unchanged = true;
  request.stop = stop_;
  Progress progress(fmt::format("{} of {}", report_.taken.size() + 1, planned_),
                    !line_.global.quiet);
  request.progress = [&](const IngestProgress& now) {
    progress.show(now.bytes_read, now.bytes_expected);
  };
  IngestResult result = ingest(target, std::move(request));
  progress.wipe();
  for (const std::string& warning : result.warnings) warn(warning);
  return std::move(result.snapshot);
}

void ImportRun::verify(Repository& target, Snapshot& snapshot) {
  VerificationRequest request;
  request.level = request_.verify;
  request.stop = stop_;
  verify_snapshot(target, snapshot, request);
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* made = deciding_attestation(snapshot, source.name);
    if (made == nullptr || made->detail.empty()) continue;
    warn(fmt::format("{} of {} {}: {}", source.name, snapshot.name,
                     made->passed ? "is not fully verified" : "failed its verification",
                     made->detail));
  }
}

// No fault: a folder may have moved. Two machines' folders are another matter.
void ImportRun::tell_of_other_folder(const OldBackup& backup) {
  const std::string other = before_.other_folder(backup);
  if (other.empty() || !told_.insert(backup.source).second) return;
  report_.notes.push_back(
      fmt::format("{} has backups from {} too; --prefix or --as keep two machines apart",
                  backup.source, other));
}

void ImportRun::warn_of_other_bytes(const OldBackup& backup, const KnownBackup& known,
                                    const Snapshot& snapshot) {
  warn(fmt::format(
      "{} is another backup of {} at {} than {}, with other bytes: {}", backup.path.string(),
      backup.source, to_iso(backup.time), known.location,
      trial_ ? "both would be kept" : fmt::format("both are kept, this one as {}", snapshot.name)));
}

void ImportRun::warn(const std::string& words) {
  line_.warn(words);
  has_warned_ = true;
}

}  // namespace varve::cli
