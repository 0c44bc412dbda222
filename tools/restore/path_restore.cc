#include "tools/restore/path_restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "tools/restore/database_proof.h"
#include "tools/restore/passing_snapshot.h"
#include "tools/restore/safety_point.h"
#include "tools/restore/safety_snapshot.h"

namespace varve {
namespace {

// Where the file lay when it was ingested; empty where that is not known.
Path origin_of(const Snapshot& snapshot, const FileEntry& file) {
  const SourceInfo& source = snapshot.sources.at(file.source);
  if (source.kind == "sqlite") return source.location;
  if (source.kind != "files" || !file.path.starts_with(source.name)) return {};
  return source.location + file.path.substr(source.name.size());
}

class PathRestore {
 public:
  PathRestore(Repository& repository, const Snapshot& snapshot, const PathSelection& selection,
              const PathPlan& plan, const PathRestoreSettings& settings)
      : repository_(repository),
        snapshot_(snapshot),
        selection_(selection),
        plan_(plan),
        settings_(settings),
        replaced_(plan.replaced()),
        safety_(repository) {}

  PathRestoreResult run() {
    refuse_replacing();
    result_.warnings = look_beforehand(repository_, snapshot_, plan_, settings_.force);
    for (const PlannedFile& file : plan_.files) note_database(file);
    DatabaseAttendant attendant(
        cases_,
        {.refuse =
             [this](const DatabaseCase& one, const std::string& fault) {
               refuse(fmt::format("{} does not pass its check: {}", one.label, fault), one.source);
             },
         .save = [this] { return save_what_is_replaced(); }},
        settings_.stop);
    try {
      result_.restored = write_and_keep(attendant);
    } catch (const Error& error) {
      throw explained(error);
    }
    result_.safety = safety_.snapshot();
    result_.databases = attendant.results();
    open_live_databases();
    add_warnings(result_.restored.warnings);
    add_warnings(safety_.warnings());
    return std::move(result_);
  }

 private:
  void refuse_replacing() const {
    if (settings_.replace || replaced_.empty()) return;
    const PlannedFile& first = *replaced_.front();
    const Path& path = first.present ? first.target : first.companions.front();
    throw Error(ErrorCode::failed, fmt::format("cannot restore to {}: {} exists; --yes or --force "
                                               "replaces it",
                                               first.target.native(), path.filename().native()));
  }

  void add_warnings(const std::vector<std::string>& more) {
    result_.warnings.insert(result_.warnings.end(), more.begin(), more.end());
  }

  // With --force a warning.
  void refuse(const std::string& fault, const std::string& source) {
    if (!settings_.force) throw refusal(repository_, snapshot_, source, fault);
    result_.warnings.push_back(taken_all_the_same(fault));
  }

  void note_database(const PlannedFile& file) {
    if (!file.is_database() || file.entry->type != FileType::file) return;
    const bool live = goes_live(snapshot_, file);
    DatabaseCase one;
    one.source = snapshot_.sources.at(file.entry->source).name;
    one.label = fmt::format("{} of snapshot {}", file.entry->path, snapshot_.name);
    one.wal_mode = live && journal_mode_of(snapshot_, *file.entry) == "wal";
    one.check = check_of(snapshot_, file, settings_.check);
    one.recorded_rows = recorded_rows(snapshot_, *file.entry);
    if (one.wal_mode) result_.wal_mode.push_back(file.entry->path);
    if (live && file.is_known_database()) live_.push_back(&file);
    cases_[file.entry->path] = std::move(one);
  }

  // Last, so that a restore that is refused leaves no safety snapshot behind: --undo would take it
  // for what was replaced.
  DatabaseAttendant::Saved save_what_is_replaced() {
    DatabaseAttendant::Saved saved;
    for (const PlannedFile* file : replaced_) {
      if (!cases_.contains(file->entry->path)) continue;
      require_unused_database(file->target);
      saved[file->entry->path] = stamps_of_database(file->target);
    }
    take_safety();
    return saved;
  }

  void take_safety() {
    if (!settings_.safety) return note_unsaved();
    std::vector<SafetySource::File> files;
    for (const PlannedFile* file : replaced_) add_to(files, *file);
    if (files.empty()) return;
    SafetyRequest request{.target = plan_.target.native(),
                          .is_exact = true,
                          .host = settings_.host,
                          .stop = settings_.stop};
    request.sources.push_back(source_of_files(
        location(), plan_.is_one_file ? SafetySource::Form::file : SafetySource::Form::folder,
        std::move(files)));
    safety_.take(std::move(request));
  }

  // Where --undo would find an older one.
  void note_unsaved() {
    const Path place = location();
    if (replaced_.empty()) return;
    if (!newest_safety_snapshot(repository_, source_at(place), settings_.host)) return;
    safety_.take_trace({place.filename(), place, settings_.host, settings_.stop});
  }

  Path location() const {
    return plan_.is_one_file ? location_of_file(plan_.target) : location_of(plan_.target);
  }

  void add_to(std::vector<SafetySource::File>& files, const PlannedFile& file) const {
    const Path below =
        plan_.is_one_file ? file.target.filename() : file.target.lexically_relative(plan_.target);
    if (file.present && (S_ISREG(file.present->st_mode) || S_ISLNK(file.present->st_mode))) {
      files.push_back({below, file.target});
    }
    for (const Path& companion : file.companions) {
      files.push_back({below.parent_path() / companion.filename(), companion});
    }
  }

  bool is_any_replaced() const {
    return std::ranges::any_of(replaced_, [](const PlannedFile* file) {
      return is_replaced(file->target, file->present);
    });
  }

  // What the store cannot give back, another snapshot may have.
  Error explained(const Error& error) const {
    if (error.code() == ErrorCode::no_space && !is_any_replaced()) {
      return Error(error.code(),
                   fmt::format("{}: nothing was replaced; {} MiB are needed beside what is there",
                               error.what(), (plan_.bytes() >> 20) + 1),
                   error.context());
    }
    if (error.code() != ErrorCode::corrupt || plan_.files.empty()) return error;
    const std::string& source = snapshot_.sources.at(plan_.files.front().entry->source).name;
    return Error(
        error.code(),
        fmt::format("{}{}; {}", error.what(), is_any_replaced() ? "" : ": nothing was replaced",
                    way_out(repository_, snapshot_, source)),
        error.context());
  }

  RestoreResult write_and_keep(DatabaseAttendant& attendant) {
    try {
      RestoreResult restored = write(attendant);
      safety_.keep();
      return restored;
    } catch (...) {
      if (is_any_replaced()) safety_.keep();
      throw;
    }
  }

  RestoreResult write(DatabaseAttendant& attendant) {
    RestoreOptions options;
    options.attendant = &attendant;
    options.force = settings_.replace;
    options.threads = settings_.threads;
    options.progress = settings_.progress;
    options.stop = settings_.stop;
    if (plan_.is_one_file) {
      return restore_file(repository_, snapshot_, *plan_.files.front().entry, plan_.target,
                          options);
    }
    const std::string path = selection_.path.value_or("");
    return restore_selection(repository_, snapshot_, path, selection_.wanted, plan_.target,
                             options);
  }

  // As its program will, soon. What was taken although it is damaged need not open.
  void open_live_databases() const {
    if (!result_.warnings.empty()) return;
    for (const PlannedFile* file : live_) {
      if (file->entry->size > 0) open_once(file->target);
    }
  }

  Repository& repository_;
  const Snapshot& snapshot_;
  const PathSelection& selection_;
  const PathPlan& plan_;
  const PathRestoreSettings& settings_;
  const std::vector<const PlannedFile*> replaced_;
  std::map<std::string, DatabaseCase> cases_;  // by path in the snapshot
  std::vector<const PlannedFile*> live_;
  SafetyPoint safety_;
  PathRestoreResult result_;
};

}  // namespace

std::string journal_mode_of(const Snapshot& snapshot, const FileEntry& file) {
  if (file.format != "sqlite") return {};
  const auto& facts = file.facts.empty() ? snapshot.sources.at(file.source).facts : file.facts;
  const auto mode = facts.find("journal_mode");
  return mode == facts.end() ? std::string() : mode->second;
}

bool goes_live(const Snapshot& snapshot, const PlannedFile& file) {
  return file.replaces() || origin_of(snapshot, *file.entry) == location_of(file.target);
}

std::optional<VerifyLevel> check_of(const Snapshot& snapshot, const PlannedFile& file,
                                    PathRestoreSettings::Check asked) {
  using Check = PathRestoreSettings::Check;
  if (!file.is_known_database()) return std::nullopt;
  switch (asked) {
    case Check::none:
      return std::nullopt;
    case Check::quick:
      return VerifyLevel::quick;
    case Check::full:
      return VerifyLevel::full;
    case Check::automatic:
      break;
  }
  return goes_live(snapshot, file) ? std::optional(VerifyLevel::full) : std::nullopt;
}

std::vector<std::string> look_beforehand(Repository& repository, const Snapshot& snapshot,
                                         const PathPlan& plan, bool force) {
  std::vector<std::string> warnings;
  std::set<std::uint32_t> seen;
  for (const PlannedFile& file : plan.files) {
    if (file.is_database() && file.replaces()) require_unused_database(file.target);
    if (!seen.insert(file.entry->source).second) continue;
    const std::string& source = snapshot.sources.at(file.entry->source).name;
    if (auto warning = require_passed(repository, snapshot, source, force)) {
      warnings.push_back(std::move(*warning));
    }
  }
  return warnings;
}

PathRestoreResult restore_paths(Repository& repository, const Snapshot& snapshot,
                                const PathSelection& selection, const PathPlan& plan,
                                const PathRestoreSettings& settings) {
  return PathRestore(repository, snapshot, selection, plan, settings).run();
}

}  // namespace varve
