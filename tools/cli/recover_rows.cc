#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "tools/cli/busy_timeout.h"
#include "tools/cli/commands.h"
#include "tools/cli/confirmation.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/live_safety.h"
#include "tools/cli/recovery_report.h"
#include "tools/cli/signals.h"
#include "tools/cli/snapshot_argument.h"
#include "tools/cli/source_names.h"
#include "tools/compare/recover_postgres.h"
#include "tools/compare/recover_sqlite.h"
#include "tools/compare/snapshot_diff.h"
#include "tools/sources/postgres_targets.h"
#include "tools/sources/source_file.h"
#include "tools/sources/sqlite_recognition.h"

namespace varve::cli {
namespace {

struct RecoverArguments {
  std::string what;
  std::string target;
  std::vector<std::string> tables;
  std::string where;
  bool missing = false;
  bool changed = false;
  bool apply = false;
  bool yes = false;
  bool no_safety = false;
  std::string busy_timeout = "30";
};

// Survey and deed of either engine.
struct Recovery {
  std::function<std::vector<TableRecovery>(const RecoveryListener&)> survey;
  std::function<std::vector<TableRecovery>()> apply;
};

RecoveryRequest request_for(const RecoverArguments& arguments) {
  if (!arguments.where.empty() && arguments.tables.size() != 1) {
    throw Error(ErrorCode::usage, "--where is about the rows of one table: name it with --table");
  }
  if (arguments.yes && !arguments.apply) {
    throw Error(ErrorCode::usage, "--yes goes with --apply: without it nothing is changed");
  }
  const bool is_all = !arguments.missing && !arguments.changed;
  return {arguments.tables, arguments.where, arguments.missing || is_all, arguments.changed};
}

// Rows that were not asked for stand in the script as comments. To psql a comment ends at a
// carriage return as well.
void print_statement(CommandLine& line, const std::string& sql, bool is_wanted) {
  std::string text = is_wanted ? "" : "-- ";
  for (const char letter : sql) {
    text += letter;
    if ((letter == '\n' || letter == '\r') && !is_wanted) text += "-- ";
  }
  line.out.print(text + ";");
}

void print_comment(CommandLine& line, const std::string& text) {
  line.out.print("-- " + printable(text));
}

void refuse_orphans(const RecoveryReport& report) {
  for (const TableRecovery& table : report.tables) {
    if (table.orphans.empty()) continue;
    throw Error(ErrorCode::failed,
                fmt::format("{}; nothing was changed: recover the parents too, or leave these rows "
                            "out with --where",
                            orphans_text(table).back()));
  }
}

std::string plan_text(const RecoveryReport& report, const RecoveryRequest& request,
                      bool with_safety) {
  std::string text;
  for (const TableRecovery& table : report.tables) {
    if (!table.refusal.empty()) continue;
    if (request.missing && table.is_new && table.missing == 0) {
      text += fmt::format("{}make {}", text.empty() ? "" : ", ", table.table);
    }
    if (request.missing && table.missing > 0) {
      text += fmt::format("{}insert {} into {}", text.empty() ? "" : ", ",
                          format_count(table.missing, "row"), table.table);
    }
    if (request.changed && table.changed > 0) {
      text += fmt::format("{}put back {} of {}", text.empty() ? "" : ", ",
                          format_count(table.changed, "row"), table.table);
    }
  }
  if (text.empty()) return text;
  return fmt::format("{} of {}{}", text, report.target,
                     with_safety ? ", after a snapshot of it as it is" : "");
}

int print_survey(CommandLine& line, const Recovery& recovery, RecoveryReport& report) {
  RecoveryListener listener;
  if (line.global.json) {
    listener.row = [&](const std::string& table, const RecoveredRow& row) {
      report.rows.emplace_back(table, row);
    };
  } else {
    listener.statement = [&](const std::string& sql, bool is_wanted) {
      print_statement(line, sql, is_wanted);
    };
  }
  report.tables = recovery.survey(listener);
  if (line.global.json) {
    line.out.print(recovery_json(report));
  } else {
    for (const TableRecovery& table : report.tables) print_comment(line, found_text(table));
    for (const std::string& note : notes_of(report)) print_comment(line, note);
  }
  const std::vector<std::string> warnings = warnings_of(report);
  for (const std::string& warning : warnings) line.warn(warning);
  return warnings.empty() ? 0 : kExitWarning;
}

// Written in vain is written too: triggers ran.
bool is_any_written(const std::vector<TableRecovery>& tables) {
  return std::ranges::any_of(tables, [](const TableRecovery& table) {
    return table.inserted + table.updated + table.passed_over > 0 || table.is_new;
  });
}

// What was refused is not done again, and stays in the report.
void apply(const Recovery& recovery, RecoveryReport& report, SafetyPoint& safety) {
  std::vector<TableRecovery> refused;
  std::ranges::copy_if(report.tables, std::back_inserter(refused),
                       [](const TableRecovery& table) { return !table.refusal.empty(); });
  try {
    report.tables = recovery.apply();
  } catch (const UnclearCommit& error) {
    safety.keep();
    if (!safety.snapshot()) throw;
    throw Error(ErrorCode::failed, fmt::format("{}; as it was before: snapshot {}", error.what(),
                                               safety.snapshot()->name));
  }
  if (is_any_written(report.tables)) {
    safety.keep();
    if (safety.snapshot()) report.safety_snapshot = safety.snapshot()->name;
  }
  std::erase_if(report.tables, [](const TableRecovery& table) { return !table.refusal.empty(); });
  report.tables.insert(report.tables.end(), refused.begin(), refused.end());
}

int apply(CommandLine& line, Repository& repository, const RecoverArguments& arguments,
          const Recovery& recovery, RecoveryReport& report, const std::stop_token& stop) {
  report.tables = recovery.survey({});
  std::vector<std::string> warnings = warnings_of(report);
  const std::vector<std::string> notes = notes_of(report);
  refuse_orphans(report);
  for (const std::string& warning : warnings) line.warn(warning);
  const std::string plan = plan_text(report, request_for(arguments), !arguments.no_safety);
  report.is_applied = true;
  if (!plan.empty()) {
    if (!arguments.yes) {
      for (const std::string& note : notes) complain(note);
    }
    if (!arguments.yes && !confirm(plan + "?", stop)) {
      throw Error(ErrorCode::failed, "nothing was changed, as it was not confirmed");
    }
    SafetyPoint safety(repository);
    if (!arguments.no_safety) {
      save_live_database(safety, repository, arguments.target,
                         busy_timeout_of(arguments.busy_timeout), stop);
    } else {
      note_unsaved_change(safety, repository, report.target, stop);
    }
    for (const std::string& warning : safety.warnings()) line.warn(warning);
    warnings.insert(warnings.end(), safety.warnings().begin(), safety.warnings().end());
    apply(recovery, report, safety);
  }
  line.print_facts(recovery_json(report), [&] { return done_text(report); });
  if (arguments.yes) {
    for (const std::string& note : notes) line.report(printable(note));
  }
  const std::vector<std::string> passed_over = passed_over_of(report);
  for (const std::string& warning : passed_over) line.warn(warning);
  return warnings.empty() && passed_over.empty() ? 0 : kExitWarning;
}

int run(CommandLine& line, Repository& repository, const RecoverArguments& arguments,
        const Recovery& recovery, RecoveryReport& report, const std::stop_token& stop) {
  return arguments.apply ? apply(line, repository, arguments, recovery, report, stop)
                         : print_survey(line, recovery, report);
}

int recover_sqlite(CommandLine& line, Repository& repository, const SnapshotArgument& what,
                   const RecoverArguments& arguments, const std::stop_token& stop) {
  const RecoveryRequest request = request_for(arguments);
  if (what.is_folder() || !is_sqlite_file(repository.chunks(), what.file())) {
    throw Error(ErrorCode::usage, fmt::format("{} of {} is no SQLite database, and {} is a path",
                                              *what.path, what.snapshot.name, arguments.target));
  }
  refuse_path_inside(repository.path(), arguments.target);
  require_source_file(arguments.target);
  const Path target = std::filesystem::canonical(arguments.target);
  if (!is_sqlite_database(target)) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is no SQLite database: varve restore brings the whole file back",
                            arguments.target));
  }
  FileReader file(repository.chunks(), what.file(), ChunkReader::Check::id);
  const ComparedDatabase stored(file, fmt::format("{} of {}", *what.path, what.snapshot.name),
                                stop);
  ComparedDatabase live(target, {busy_timeout_of(arguments.busy_timeout), stop});
  if (arguments.apply && live.is_read_only()) {
    throw Error(ErrorCode::failed,
                fmt::format("{} is read-only for this user: nothing was changed; run varve as one "
                            "who may write it",
                            arguments.target));
  }
  SqliteRecovery recovery(stored, live, request, stop);
  RecoveryReport report{
      .snapshot = what.snapshot.name, .path = *what.path, .target = arguments.target};
  return run(line, repository, arguments,
             {[&](const RecoveryListener& listener) { return recovery.survey(listener); },
              [&] { return recovery.apply(); }},
             report, stop);
}

int recover_postgres(CommandLine& line, Repository& repository, const SnapshotArgument& what,
                     const RecoverArguments& arguments, const std::stop_token& stop) {
  const RecoveryRequest request = request_for(arguments);
  if (request.tables.empty()) {
    throw Error(ErrorCode::usage,
                "name the table with --table: its stored rows are loaded into the server");
  }
  const DumpTables dump(repository.chunks(), what.snapshot, *what.path);
  PostgresConnection connection(arguments.target, "", stop);
  const std::string timeout =
      fmt::format("SET lock_timeout = '{}s'", busy_timeout_of(arguments.busy_timeout).count());
  connection.query(timeout);
  PostgresRecovery recovery(dump, connection, request);
  RecoveryReport report{
      .snapshot = what.snapshot.name, .path = *what.path, .target = connection.location()};
  // An interrupt does not keep from asking what became of the deed.
  const OpenConnection open_another = [&] { return PostgresConnection(arguments.target, "", {}); };
  const int status =
      run(line, repository, arguments,
          {[&](const RecoveryListener& listener) { return recovery.survey(listener); },
           [&] { return recovery.apply(open_another); }},
          report, stop);
  if (!recovery.remark().empty()) line.warn(recovery.remark());
  return status;
}

int recover_rows(CommandLine& line, const RecoverArguments& arguments) {
  request_for(arguments);  // what is wrong with it is said before anything is opened
  busy_timeout_of(arguments.busy_timeout);
  if (arguments.apply && !arguments.yes && !can_ask()) {
    throw Error(ErrorCode::usage,
                "--apply asks before it changes anything, and there is no terminal: add --yes");
  }
  const SignalStop signals;
  const auto repository = line.open_repository();
  const SnapshotArgument what =
      find_file(arguments.what, [&](const std::string& text) { return repository->resolve(text); });
  return is_postgres_target(arguments.target)
             ? recover_postgres(line, *repository, what, arguments, signals.token())
             : recover_sqlite(line, *repository, what, arguments, signals.token());
}

void add_options(CLI::App& command, RecoverArguments& arguments) {
  command
      .add_option("SNAPSHOT:PATH", arguments.what, "the stored SQLite database or PostgreSQL dump")
      ->required()
      ->option_text(" ");
  command.add_option("TARGET", arguments.target, "the live database: a path or a PostgreSQL URI")
      ->required()
      ->option_text(" ");
  command
      .add_option("--table", arguments.tables, "this table; may be repeated; default: all (SQLite)")
      ->option_text("T")
      ->allow_extra_args(false);
  command
      .add_option("--where", arguments.where, "of one table the stored rows for which this holds")
      ->option_text("SQL");
  command.add_flag("--missing", arguments.missing, "bring back rows that are gone; the default");
  command.add_flag("--changed", arguments.changed, "put rows back that are otherwise now");
  command.add_flag("--apply", arguments.apply, "do it, instead of printing the SQL for it");
  command.add_flag("--yes", arguments.yes, "do not ask");
  command.add_flag("--no-safety", arguments.no_safety,
                   "without a snapshot of the live database before");
  command
      .add_option("--busy-timeout", arguments.busy_timeout,
                  "how long to wait for a locked database; default: 30 seconds")
      ->option_text("SECONDS");
}

}  // namespace

void add_recover_rows(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "recover-rows", "Bring rows that are gone back into a live database.",
                  "varve recover-rows latest:history.db /srv/app/history.db --table users\n"
                  "varve recover-rows 2026-11-20:history.db /srv/app/history.db --apply\n"
                  "varve recover-rows latest:shop.pgdump postgresql:///shop --table orders");
  auto arguments = std::make_shared<RecoverArguments>();
  add_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return recover_rows(l, *arguments); };
  });
}

}  // namespace varve::cli
