#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "store/ingest.h"
#include "store/proof.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/host_name.h"
#include "tools/cli/import_report.h"
#include "tools/cli/json_output.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/source_names.h"
#include "tools/cli/verification.h"
#include "tools/import/import_plan.h"
#include "tools/import/old_backup_source.h"
#include "tools/import/scratch_folder.h"

namespace varve::cli {
namespace {

struct ImportArguments {
  std::string folder;
  std::vector<std::string> tags;
  std::string verify = "full";
  bool utc = false;
  bool dry_run = false;
};

// The repository that a dry run fills: it really encodes, and everything is gone afterwards.
struct Trial {
  Trial() {
    Repository::create(folder.path() / "repository");
    repository = Repository::open(folder.path() / "repository");
  }

  ScratchFolder folder;
  std::unique_ptr<Repository> repository;  // before the folder goes
};

// What is in a repository, by source and time.
class Known {
 public:
  explicit Known(Repository* repository) {
    if (repository == nullptr) return;
    for (const Snapshot& snapshot : repository->snapshots()) {
      for (const SourceInfo& source : snapshot.sources) add(source.name, snapshot.time);
    }
  }
  // False where it was known.
  bool add(const std::string& source, Timestamp time) {
    return known_.emplace(source, time.seconds).second;
  }

 private:
  std::set<std::pair<std::string, std::int64_t>> known_;
};

class Import {
 public:
  Import(CommandLine& line, const ImportArguments& arguments, std::stop_token stop)
      : line_(line), arguments_(arguments), stop_(std::move(stop)) {
    report_.dry_run = arguments.dry_run;
  }

  // `existing` is where they go, or what a dry run looks at: it may have none.
  ImportReport run(Repository* existing) {
    ImportPlan plan =
        plan_import(arguments_.folder, arguments_.utc ? NamedTimes::utc : NamedTimes::local);
    report_.passed_over = std::move(plan.passed_over);
    report_.failed = std::move(plan.unreadable);
    Known known(existing);
    std::optional<Trial> trial;
    if (arguments_.dry_run) trial.emplace();
    Repository& target = trial ? *trial->repository : *existing;
    for (const OldBackup& backup : plan.backups) {
      if (known.add(backup.source, backup.time)) {
        take(target, backup, plan.backups.size());
      } else {
        report_.present.push_back(backup);
      }
    }
    for (const auto& [path, why] : report_.failed) warn(why);
    return std::move(report_);
  }
  bool has_warned() const { return has_warned_; }

 private:
  void warn(const std::string& words) {
    line_.warn(words);
    has_warned_ = true;
  }

  // A backup that is damaged is no reason to leave the others; a full disk is.
  void take(Repository& target, const OldBackup& backup, std::size_t all) {
    try {
      Snapshot snapshot = store(target, backup, all);
      if (!arguments_.dry_run && arguments_.verify != "none") verify(target, snapshot);
      report_.taken.push_back({backup, std::move(snapshot)});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) {
        throw Error(ErrorCode::interrupted,
                    fmt::format("interrupted: {} of {} backups {}", report_.taken.size(), all,
                                arguments_.dry_run ? "were tried"
                                                   : "are imported; the same command goes on"));
      }
      if (error.code() != ErrorCode::failed) throw;
      report_.failed.push_back({backup.path, error.what()});
    }
  }

  Snapshot store(Repository& target, const OldBackup& backup, std::size_t all) {
    IngestRequest request;
    request.sources.push_back(make_source(backup, {.stop = stop_}));
    request.tags = arguments_.tags;
    request.time = backup.time;
    request.host = host_name();
    request.even_if_unchanged = true;
    request.stop = stop_;
    Progress progress(fmt::format("{} of {}", report_.taken.size() + 1, all), !line_.global.quiet);
    request.progress = [&](const IngestProgress& now) {
      progress.show(now.bytes_read, now.bytes_expected);
    };
    IngestResult result = ingest(target, std::move(request));
    progress.wipe();
    for (const std::string& warning : result.warnings) warn(warning);
    return std::move(result.snapshot);
  }

  void verify(Repository& target, Snapshot& snapshot) {
    VerificationRequest request;
    request.level = arguments_.verify;
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

  CommandLine& line_;
  const ImportArguments& arguments_;
  const std::stop_token stop_;
  ImportReport report_;
  bool has_warned_ = false;
};

// A dry run does without one.
std::unique_ptr<Repository> repository_for(CommandLine& line, const ImportArguments& arguments) {
  try {
    auto repository = line.open_repository();
    refuse_path_inside(repository->path(), arguments.folder);
    return repository;
  } catch (const Error& error) {
    const bool is_missing =
        error.code() == ErrorCode::no_repository ||
        (line.global.repository.empty() && std::getenv("VARVE_REPO") == nullptr);
    if (arguments.dry_run && is_missing) return nullptr;
    throw;
  }
}

int run_import(CommandLine& line, const ImportArguments& arguments) {
  const SignalStop signals;
  for (const std::string& tag : arguments.tags) require_valid_tag(tag);
  const auto repository = repository_for(line, arguments);
  Import import(line, arguments, signals.token());
  const ImportReport report = import.run(repository.get());
  line.print_facts(import_json(report), [&] { return import_text(report); });
  return import.has_warned() ? kExitWarning : 0;
}

void add_options(CLI::App& command, ImportArguments& arguments) {
  command.add_option("FOLDER", arguments.folder, "the folder that holds the backups")
      ->required()
      ->option_text(" ");
  command.add_flag("--utc", arguments.utc, "times in names are UTC; default: this machine's zone");
  command.add_flag("--dry-run", arguments.dry_run, "store nothing; tell what it would come to");
  command.add_option("--tag", arguments.tags, "a mark for each snapshot; may be repeated")
      ->option_text("T")
      ->allow_extra_args(false);
  command
      .add_option("--verify", arguments.verify, "how each stored snapshot is proven; default: full")
      ->option_text("none|quick|full")
      ->check(CLI::IsMember({"none", "quick", "full"}));
}

}  // namespace

void add_import(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "import", "Take over a folder of dated backup files.",
                                  "varve import /srv/old-backups --dry-run\n"
                                  "varve import /srv/old-backups");
  auto arguments = std::make_shared<ImportArguments>();
  add_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_import(l, *arguments); };
  });
}

}  // namespace varve::cli
