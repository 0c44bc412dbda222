#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/confirmation.h"
#include "tools/cli/help.h"
#include "tools/cli/restore_commands.h"
#include "tools/restore/redis_server_files.h"
#include "tools/sources/postgres_targets.h"
#include "tools/sources/redis_uri.h"

namespace varve::cli {
namespace {

void refuse_what_does_not_fit(const RestoreArguments& arguments) {
  const auto usage = [](const std::string& words) { return Error(ErrorCode::usage, words); };
  if (!arguments.undo.empty() && !arguments.target.empty()) {
    throw usage("--undo names TARGET; only the safety snapshot can stand beside it");
  }
  if (arguments.undo.empty() && arguments.target.empty()) {
    throw usage("SNAPSHOT and TARGET are needed");
  }
  const bool is_undo = !arguments.undo.empty();
  if (is_undo && (arguments.load.selects() || arguments.globals || !arguments.check.empty())) {
    throw usage(
        "--undo puts back the whole of what was there: --table, --schema-only, --data-only, "
        "--globals and --verify do not go with it");
  }
  const std::string& target = arguments.undo.empty() ? arguments.target : arguments.undo;
  const bool is_database = is_postgres_target(target);
  if (!is_database && (arguments.load.selects() || arguments.globals || arguments.load.jobs != 0)) {
    throw usage("--table, --schema-only, --data-only, --globals and --jobs are for PostgreSQL");
  }
  if (is_database && !arguments.check.empty()) throw usage("--verify is for SQLite databases");
}

int run_undo(const RestoreSetting& setting) {
  return is_postgres_target(setting.arguments.undo) ? undo_postgres(setting) : undo_path(setting);
}

int run_restore(CommandLine& line, const RestoreArguments& arguments) {
  refuse_what_does_not_fit(arguments);
  const SignalStop signals;
  const auto repository = line.open_repository();
  const RestoreSetting setting{line, *repository, arguments, signals};
  if (!arguments.undo.empty()) return run_undo(setting);
  const SnapshotArgument what = find_snapshot_or_file(
      arguments.what, [&](const std::string& text) { return repository->resolve(text); });
  if (is_postgres_target(arguments.target)) return restore_to_postgres(setting, what);
  if (is_redis_uri(arguments.target)) return explain_redis(setting, what);
  return restore_to_path(setting, what);
}

void add_options(CLI::App& command, RestoreArguments& arguments) {
  command
      .add_option("SNAPSHOT[:PATH]", arguments.what,
                  "all files, or those of that path or pattern, or a dump")
      ->option_text(" ");
  command
      .add_option("TARGET", arguments.target,
                  "a folder, created if missing; one file's path; a database, postgresql://…")
      ->option_text(" ");
  command
      .add_option("--undo", arguments.undo,
                  "put back what a restore to this target replaced; with SNAPSHOT: "
                  "what is in that safety snapshot")
      ->option_text("TARGET");
  command.add_flag("-y,--yes", arguments.yes, "replace what is there without a question");
  command.add_flag("--dry-run", arguments.dry_run, "say what would be done, and do nothing");
  command.add_flag("--no-safety", arguments.no_safety, "no safety snapshot of what is replaced");
  command.add_flag("--force", arguments.force,
                   "take what fails its check; replace a PostgreSQL database; includes --yes in "
                   "scripts");
  command
      .add_option("--verify", arguments.check,
                  "the check of SQLite databases; default: full where one is replaced")
      ->option_text("none|quick|full")
      ->check(CLI::IsMember({"none", "quick", "full"}));
}

void add_postgres_options(CLI::App& command, RestoreArguments& arguments) {
  const std::string group = "PostgreSQL";
  command.add_option("-j,--jobs", arguments.load.jobs, "as pg_restore --jobs; default: one a core")
      ->option_text("N")
      ->check(CLI::Range(1, 1000))
      ->group(group);
  command
      .add_option("--table", arguments.load.tables,
                  "only this table, with all that is its own; may be repeated")
      ->option_text("T")
      ->allow_extra_args(false)
      ->group(group);
  auto* const schema = command.add_flag("--schema-only", arguments.load.schema_only, "no rows");
  auto* const data = command.add_flag("--data-only", arguments.load.data_only,
                                      "rows alone, into tables that are there");
  schema->group(group)->excludes(data);
  data->group(group);
  command
      .add_flag("--globals", arguments.globals, "apply roles and tablespaces (globals.sql) first")
      ->group(group);
}

}  // namespace

bool may_replace(const RestoreSetting& setting, const std::string& question) {
  if (setting.arguments.yes) return true;
  if (!can_ask()) return setting.arguments.force;
  if (confirm(question, setting.signals.token())) return true;
  throw Error(ErrorCode::failed, "not confirmed: nothing was changed");
}

int explain_redis(const RestoreSetting& setting, const SnapshotArgument& what) {
  const std::string server = to_text(parse_redis_uri(setting.arguments.target));
  setting.line.report(redis_steps(server, setting.arguments.what, {}));
  throw Error(ErrorCode::failed,
              fmt::format("{} of snapshot {} cannot be restored into a running Redis server: give "
                          "the path of its RDB file while it is stopped",
                          what.path.value_or("the whole"), what.snapshot.name));
}

void add_restore(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "restore",
                                  "Bring databases and files of a snapshot back, and undo that.",
                                  "varve restore latest /srv/restored\n"
                                  "varve restore 2026-11-21:history.db /srv/app/history.db\n"
                                  "varve restore --undo /srv/app/history.db\n"
                                  "varve restore 'latest:www/*.html' /tmp/www\n"
                                  "varve restore latest:shop.pgdump postgresql:///shop_restored");
  auto arguments = std::make_shared<RestoreArguments>();
  add_options(command, *arguments);
  add_postgres_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_restore(l, *arguments); };
  });
}

}  // namespace varve::cli
