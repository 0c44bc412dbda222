#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "store/core/error.h"
#include "store/core/name_list.h"
#include "tools/cli/format.h"
#include "tools/cli/host_name.h"
#include "tools/cli/json_output.h"
#include "tools/cli/progress.h"
#include "tools/cli/restore_commands.h"
#include "tools/restore/path_restore.h"
#include "tools/restore/redis_server_files.h"

namespace varve::cli {
namespace {

PathSelection selection_of(const SnapshotArgument& what) {
  if (what.source) {
    return {.path = "", .wanted = [source = *what.source](const FileEntry& file) {
              return file.source == source;
            }};
  }
  if (!what.pattern) return {.path = what.path, .wanted = {}};
  return {.path = what.path, .wanted = [pattern = *what.pattern](const FileEntry& file) {
            return pattern.matches(file.path);
          }};
}

PathRestoreSettings::Check asked_check(const std::string& word) {
  using Check = PathRestoreSettings::Check;
  if (word == "none") return Check::none;
  if (word == "quick") return Check::quick;
  if (word == "full") return Check::full;
  return Check::automatic;
}

std::string present_of(const PlannedFile& file) {
  if (!file.present) return "nothing but " + file.companions.front().filename().native();
  const auto size = static_cast<std::uint64_t>(file.present->st_size);
  std::string text = fmt::format("{}, last written {}", format_bytes(size),
                                 to_iso(Timestamp{file.present->st_mtim.tv_sec}));
  for (const Path& companion : file.companions) text += ", with " + companion.filename().native();
  return text;
}

std::string names_of(const std::vector<const PlannedFile*>& files) {
  std::vector<std::string> names;
  for (const PlannedFile* file : files) names.push_back(file->target.filename());
  return name_list(names, 5);
}

std::string question_of(const Snapshot& snapshot, const PathPlan& plan) {
  const auto replaced = plan.replaced();
  if (replaced.size() == 1) {
    const PlannedFile& file = *replaced.front();
    return printable(fmt::format("Replace {} ({}) by {} of snapshot {} ({})?", file.target.native(),
                                 present_of(file), file.entry->path, snapshot.name,
                                 format_bytes(file.entry->size)));
  }
  return printable(fmt::format("Replace {} files in {} ({}) by those of snapshot {}?",
                               replaced.size(), plan.target.native(), names_of(replaced),
                               snapshot.name));
}

std::string check_text(std::optional<VerifyLevel> check) {
  if (!check) return {};
  if (check == VerifyLevel::quick) return "  check     quick_check, before it takes its place\n";
  return "  check     integrity_check, foreign keys and row counts, before it takes its place\n";
}

// What would be done, a line each.
std::string plan_text(const Snapshot& snapshot, const PathPlan& plan,
                      const RestoreArguments& arguments) {
  std::string text;
  for (const PlannedFile& file : plan.files) {
    text += printable(fmt::format("{} of {} ({}) to {}", file.entry->path, snapshot.name,
                                  format_bytes(file.entry->size), file.target.native())) +
            "\n";
    if (file.replaces()) text += printable("  replaces  " + present_of(file)) + "\n";
    text += check_text(check_of(snapshot, file, asked_check(arguments.check)));
    if (goes_live(snapshot, file) && journal_mode_of(snapshot, *file.entry) == "wal") {
      text += "  mode      WAL, as it was\n";
    }
  }
  if (!plan.replaced().empty()) {
    text += arguments.no_safety ? "no safety snapshot\n"
                                : "first a safety snapshot of what is replaced, tag pre-restore\n";
  }
  return text + fmt::format("would restore {}, {}; nothing was done",
                            format_count(plan.files.size(), "file"), format_bytes(plan.bytes()));
}

std::string how(const RestoredFile& file) {
  if (file.type == FileType::link) return "link";
  return fmt::format("{}, {}", format_bytes(file.size),
                     file.hash_checked ? "SHA-256 as verified" : "every chunk checked");
}

std::string checked_text(const DatabaseResult& database) {
  if (!database.faults.empty()) return {};
  std::string text = fmt::format(
      "  checked   {}", *database.check == VerifyLevel::full ? "integrity_check" : "quick_check");
  if (*database.check == VerifyLevel::full) {
    text += fmt::format(", {}, {}{}", format_count(database.tables, "table"),
                        format_count(database.rows, "row"),
                        database.rows_compared ? " as recorded" : "");
  }
  return fmt::format("{}, {}\n", text, format_seconds(database.seconds));
}

bool is_in_wal_mode(const PathRestoreResult& result, const RestoredFile& file) {
  return std::ranges::count(result.wal_mode, file.path) != 0;
}

std::string result_text(const PathRestoreResult& result, const Path& target) {
  std::string text;
  if (result.safety) {
    text += fmt::format("safety snapshot {} holds what was replaced\n", result.safety->name);
  }
  for (const RestoredFile& file : result.restored.files) {
    text += printable(fmt::format("{}  {}", file.target.native(), how(file))) + "\n";
    for (const DatabaseResult& database : result.databases) {
      if (database.target == file.target) text += checked_text(database);
    }
    if (is_in_wal_mode(result, file)) text += "  mode      WAL, as it was\n";
  }
  text +=
      fmt::format("restored {}, {} in {}", format_count(result.restored.files.size(), "file"),
                  format_bytes(result.restored.raw_bytes), format_seconds(result.restored.seconds));
  const std::string rate = format_rate(result.restored.raw_bytes, result.restored.seconds);
  if (!rate.empty() && result.databases.empty()) text += fmt::format(" ({})", rate);
  if (result.safety) {
    text += "\n" + printable(fmt::format("varve restore --undo {} puts back what was there",
                                         target.native()));
  }
  return text;
}

// A database that was in WAL mode is stored, and as a copy restored, with a rollback journal.
std::string advice_about(const Snapshot& snapshot, const PathPlan& plan) {
  std::string text;
  for (const PlannedFile& file : plan.files) {
    if (journal_mode_of(snapshot, *file.entry) != "wal" || goes_live(snapshot, file)) continue;
    text += printable(fmt::format("{} was in WAL mode: sqlite3 FILE 'PRAGMA journal_mode=WAL' "
                                  "puts that back",
                                  file.entry->path)) +
            "\n";
  }
  return text;
}

PathRestoreSettings settings_of(const RestoreSetting& setting, bool replace, Progress& progress) {
  PathRestoreSettings settings;
  settings.safety = !setting.arguments.no_safety;
  settings.force = setting.arguments.force;
  settings.replace = replace;
  settings.check = asked_check(setting.arguments.check);
  settings.host = host_name();
  settings.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  settings.stop = setting.signals.token();
  return settings;
}

bool is_of_redis(const Snapshot& snapshot, const PlannedFile& file) {
  return snapshot.sources.at(file.entry->source).kind == "redis";
}

// A Redis server that works where an RDB file goes would write over it. Returns what else a person
// should know.
std::vector<std::string> look_for_redis(const RestoreSetting& setting, const Snapshot& snapshot,
                                        const PathPlan& plan) {
  std::vector<std::string> warnings;
  for (const PlannedFile& file : plan.files) {
    if (!is_of_redis(snapshot, file)) continue;
    RedisAround around = redis_around(file.target);
    if (around.server) {
      setting.line.report(redis_steps(to_text({*around.server}),
                                      snapshot.name + ":" + file.entry->path, file.target));
      throw Error(ErrorCode::locked, in_the_way(*around.server, file.target) +
                                         (setting.line.global.quiet ? "" : ", as printed"));
    }
    std::ranges::move(around.warnings, std::back_inserter(warnings));
  }
  return warnings;
}

int warn_of(CommandLine& line, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) line.warn(warning);
  return warnings.empty() ? 0 : kExitWarning;
}

}  // namespace

int restore_to_path(const RestoreSetting& setting, const SnapshotArgument& what) {
  CommandLine& line = setting.line;
  const Snapshot& snapshot = what.snapshot;
  const PathSelection selection = selection_of(what);
  const PathPlan plan =
      plan_paths(setting.repository, snapshot, selection, setting.arguments.target);
  if (setting.arguments.dry_run) {
    line.print_facts(restore_plan_json(snapshot, plan),
                     [&] { return plan_text(snapshot, plan, setting.arguments); });
  }
  std::vector<std::string> warnings = look_for_redis(setting, snapshot, plan);
  look_beforehand(setting.repository, snapshot, plan, setting.arguments.force);
  if (setting.arguments.dry_run) return warn_of(line, warnings);
  const std::string advice = advice_about(snapshot, plan);
  const bool replace = plan.replaced().empty() ? setting.arguments.force
                                               : may_replace(setting, question_of(snapshot, plan));
  Progress progress("restoring", !line.global.quiet);
  PathRestoreResult result = restore_paths(setting.repository, snapshot, selection, plan,
                                           settings_of(setting, replace, progress));
  progress.wipe();
  for (const PlannedFile& file : plan.files) {
    if (is_of_redis(snapshot, file) && !file.present) hand_to_redis(file.target);
  }
  std::ranges::move(warnings, std::back_inserter(result.warnings));
  const int status = warn_of(line, result.warnings);
  line.print_facts(restore_json(snapshot, result),
                   [&] { return result_text(result, plan.target); });
  line.report(advice);
  return status;
}

}  // namespace varve::cli
