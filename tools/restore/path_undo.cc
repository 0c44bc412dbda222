#include "tools/restore/path_undo.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <string_view>
#include <utility>

#include "store/core/error.h"
#include "store/restore/extended_attributes.h"
#include "store/restore/restore.h"
#include "store/restore/staged_folder.h"
#include "tools/restore/database_attendant.h"
#include "tools/restore/path_plan.h"
#include "tools/restore/path_restore.h"
#include "tools/restore/safety_point.h"
#include "tools/sources/sqlite_companions.h"

namespace varve {
namespace {

std::string suffix_of(const FileEntry& companion, const FileEntry& main) {
  return companion.path.substr(main.path.size());
}

std::optional<struct stat> look_at(const Path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return found;
}

bool is_file_or_link(const struct stat& status) {
  return S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
}

// A link is replaced itself, wherever it leads.
std::optional<struct stat> require_replaceable(const Path& path) {
  const std::optional<struct stat> found = look_at(path);
  if (!found || is_file_or_link(*found)) return found;
  throw Error(ErrorCode::failed, fmt::format("cannot put {} back: what is there now is no regular "
                                             "file",
                                             path.native()));
}

void rename_over(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    throw system_error(errno, "cannot put back " + to.native());
  }
}

class Undo {
 public:
  Undo(Repository& repository, const UndoPlan& plan, const UndoSettings& settings)
      : repository_(repository), plan_(plan), settings_(settings), safety_(repository) {
    result_.warnings = plan.warnings;
  }

  UndoResult run() {
    for (const UndoPlan::Group& group : plan_.groups) {
      if (group.is_database) require_unused_database(group.target);
      stamps_.push_back(group.is_database ? stamps_of_database(group.target) : DatabaseStamps());
    }
    save_what_is_there();
    try {
      for (std::size_t i = 0; i < plan_.groups.size(); ++i) put_back(plan_.groups[i], stamps_[i]);
    } catch (...) {
      if (is_any_replaced()) safety_.keep();
      throw;
    }
    safety_.keep();
    result_.safety = safety_.snapshot();
    add_warnings(safety_.warnings());
    return std::move(result_);
  }

 private:
  void save_what_is_there() {
    std::vector<SafetySource::File> files;
    for (const UndoPlan::Group& group : plan_.groups) add_to(files, group);
    if (files.empty()) return;
    const std::string& location = plan_.safety.info().location;
    if (!settings_.safety) {
      const Path path = location;
      return safety_.take_trace({path.filename(), location, settings_.host, settings_.stop});
    }
    SafetyRequest request{
        .target = location, .is_exact = true, .host = settings_.host, .stop = settings_.stop};
    request.sources.push_back(source_of_files(
        location, plan_.is_one_file ? SafetySource::Form::file : SafetySource::Form::folder,
        std::move(files)));
    safety_.take(std::move(request));
  }

  bool is_any_replaced() const {
    return std::ranges::any_of(plan_.groups, [](const UndoPlan::Group& group) {
      return is_replaced(group.target, group.present);
    });
  }

  void add_to(std::vector<SafetySource::File>& files, const UndoPlan::Group& group) const {
    const Path location = plan_.safety.info().location;
    const std::string below =
        plan_.is_one_file ? group.target.filename() : group.target.lexically_relative(location);
    if (group.present) files.push_back({below, group.target});
    if (!group.is_database) return;
    for (const std::string_view suffix : kCompanionSuffixes) {
      const Path companion = group.target.native() + std::string(suffix);
      const std::optional<struct stat> found = look_at(companion);
      if (!found || !is_file_or_link(*found)) continue;
      files.push_back({below + std::string(suffix), companion});
    }
  }

  static bool is_in_parts(const UndoPlan::Group& group) {
    return std::ranges::any_of(group.companions, [&](const FileEntry* companion) {
      return companion->size > 0 && suffix_of(*companion, *group.main) != "-shm";
    });
  }

  void put_back(const UndoPlan::Group& group, const DatabaseStamps& expected) {
    if (!group.is_database) {
      write(*group.main, group.target, {});
    } else if (is_in_parts(group)) {
      put_back_parts(group, expected);
    } else {
      write(*group.main, group.target, expected);
    }
    result_.files.push_back(group.target);
  }

  void write(const FileEntry& file, const Path& target,
             const std::optional<DatabaseStamps>& expected) {
    std::map<std::string, DatabaseCase> cases;
    DatabaseAttendant::Questions questions;
    if (expected) {
      cases[file.path] = {.wal_mode = journal_mode_of(plan_.safety.snapshot, file) == "wal"};
      questions.save = [&] { return DatabaseAttendant::Saved{{file.path, *expected}}; };
    }
    DatabaseAttendant attendant(std::move(cases), std::move(questions), settings_.stop);
    RestoreOptions options;
    options.attendant = &attendant;
    options.force = true;
    options.is_exact = true;
    options.as_recorded = true;  // a restore may have narrowed what is there
    options.stop = settings_.stop;
    add_warnings(restore_file(repository_, plan_.safety.snapshot, file, target, options).warnings);
  }

  void add_warnings(const std::vector<std::string>& more) {
    result_.warnings.insert(result_.warnings.end(), more.begin(), more.end());
  }

  // As restore_file() does; the permissions are those that were saved.
  void carry_over(const UndoPlan::Group& group, const Path& staged) {
    if (!group.present) return;
    const File file = File::open_read(staged);
    const mode_t mode = file.status().st_mode & 07777;
    const std::vector<std::string> lost = carry_extended_attributes(group.target, file);
    if (::fchmod(file.fd(), mode) != 0) {
      throw system_error(errno, "cannot set the permissions of " + group.target.native());
    }
    if (!lost.empty()) result_.warnings.push_back(not_carried(lost, group.target));
  }

  // The path of the main file, all of the group beside it.
  Path stage(const UndoPlan::Group& group, const StagedFolder& folder) {
    Path staged = folder / group.target.filename();
    write(*group.main, staged, {});
    for (const FileEntry* companion : group.companions) {
      write(*companion, staged.native() + suffix_of(*companion, *group.main), {});
    }
    return staged;
  }

  void put_back_parts(const UndoPlan::Group& group, const DatabaseStamps& expected) {
    const StagedFolder folder(group.target);
    const Path staged = stage(group, folder);
    if (bring_to_rest(staged)) {
      carry_over(group, staged);
      const ReplacedDatabase way(group.target, expected);
      rename_over(staged, group.target);
      sync_directory(group.target.parent_path());
    } else {
      put_back_as_it_was(group, expected);
    }
  }

  // Staged once more: SQLite may have removed a log that means nothing to it.
  void put_back_as_it_was(const UndoPlan::Group& group, const DatabaseStamps& expected) {
    const StagedFolder folder(group.target);
    const Path staged = stage(group, folder);
    carry_over(group, staged);
    const ReplacedDatabase way(group.target, expected);
    rename_over(staged, group.target);
    for (const FileEntry* companion : group.companions) {
      const std::string suffix = suffix_of(*companion, *group.main);
      rename_over(staged.native() + suffix, group.target.native() + suffix);
    }
    sync_directory(group.target.parent_path());
  }

  Repository& repository_;
  const UndoPlan& plan_;
  const UndoSettings& settings_;
  std::vector<DatabaseStamps> stamps_;
  SafetyPoint safety_;
  UndoResult result_;
};

// What was replaced was one file. One that was taken as a database alone is the target.
bool is_of_one_file(const SafetySnapshot& safety, const Path& location) {
  const SourceInfo& source = safety.info();
  if (source.kind != SafetySource::kKind) return true;
  const auto form = source.facts.find(SafetySource::kFormFact);
  if (form != source.facts.end()) return form->second == "file";
  // Of an earlier varve: by the names.
  const std::string alone = source.name + '/' + location.filename().native();
  return std::ranges::any_of(safety.snapshot.files, [&](const FileEntry& file) {
    return file.path == alone || database_of(file.path) == alone;
  });
}

// Where a file of the safety snapshot lay.
Path place_of(const UndoPlan& plan, const FileEntry& file, const Path& location) {
  const SourceInfo& source = plan.safety.info();
  if (source.kind != SafetySource::kKind) return location;
  const Path below = file.path.substr(source.name.size() + 1);
  return (plan.is_one_file ? location.parent_path() : location) / below;
}

UndoPlan::Group group_of(const FileEntry& file, const Path& target) {
  UndoPlan::Group group{.main = &file, .target = target};
  group.present = require_replaceable(target);
  const bool is_link =
      file.type == FileType::link || (group.present && S_ISLNK(group.present->st_mode));
  // SafetySource cuts databases, and nothing else, into extents.
  const bool was_database = file.type == FileType::file && file.chunking == Chunking::extents;
  group.is_database = !is_link && (was_database || is_database_file(target));
  return group;
}

void plan_groups(UndoPlan& plan, const Path& location) {
  const Snapshot& snapshot = plan.safety.snapshot;
  std::map<std::string, std::size_t> databases;   // by the main file's path
  for (const FileEntry& file : snapshot.files) {  // a database before its companions
    if (file.source != plan.safety.source || file.type == FileType::folder) continue;
    const std::string main = database_of(file.path);
    if (const auto known = databases.find(main); known != databases.end()) {
      plan.groups[known->second].companions.push_back(&file);
      continue;
    }
    const Path target = place_of(plan, file, location);
    const Path database = database_of(target.native());
    if (snapshot.find(main) == nullptr && is_database_file(database)) {
      plan.warnings.push_back(
          fmt::format("{} stood there without its database, and is not put "
                      "back: it would be played into what is there now",
                      target.native()));
      continue;
    }
    plan.groups.push_back(group_of(file, target));
    if (plan.groups.back().is_database) databases[file.path] = plan.groups.size() - 1;
  }
}

// The path of a link to a folder is that folder's, and the link's own: the last restore tells.
MeantSource source_of(const Path& target) {
  return [there = source_at(location_of(target)), itself = source_at(location_of_file(target))](
             const SourceInfo& source) { return there(source) || itself(source); };
}

SafetySnapshot find_safety_snapshot(Repository& repository, const Path& target,
                                    const std::string& host, std::optional<Snapshot> named) {
  const MeantSource is_meant = source_of(target);
  if (named) return require_safety_snapshot(std::move(*named), is_meant, target);
  auto safety = newest_safety_snapshot(repository, is_meant, host);
  if (!safety) {
    throw Error(ErrorCode::not_found,
                fmt::format("there is no safety snapshot of {}: nothing can be undone; varve list "
                            "shows what there is",
                            target.native()));
  }
  refuse_unsaved(repository, *safety, is_meant, target);
  return std::move(*safety);
}

}  // namespace

UndoPlan plan_undo(Repository& repository, const Path& target, const std::string& host,
                   std::optional<Snapshot> named) {
  UndoPlan plan{.safety = find_safety_snapshot(repository, target, host, std::move(named)),
                .groups = {},
                .warnings = {}};
  const Path location = plan.safety.info().location;
  plan.is_one_file = is_of_one_file(plan.safety, location);
  plan_groups(plan, location);
  return plan;
}

UndoResult undo(Repository& repository, const UndoPlan& plan, const UndoSettings& settings) {
  return Undo(repository, plan, settings).run();
}

}  // namespace varve
