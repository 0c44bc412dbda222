#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "store/core/error.h"
#include "tools/cli/confirmation.h"
#include "tools/cli/format.h"
#include "tools/cli/host_name.h"
#include "tools/cli/json_output.h"
#include "tools/cli/restore_commands.h"
#include "tools/cli/shell_word.h"
#include "tools/restore/postgres_restore.h"

namespace varve::cli {
namespace {

unsigned jobs_of(const RestoreArguments& arguments) {
  return arguments.load.jobs != 0 ? arguments.load.jobs
                                  : std::max(1U, std::thread::hardware_concurrency());
}

void refuse_patterns(const SnapshotArgument& what) {
  if (!what.pattern) return;
  throw Error(ErrorCode::usage, "a pattern picks files; a database is restored from one dump");
}

PostgresRestoreRequest request_for(const RestoreSetting& setting, const SnapshotArgument& what) {
  const RestoreArguments& arguments = setting.arguments;
  PostgresRestoreRequest request;
  request.dump = find_dump(setting.repository.chunks(), what.snapshot, what.path, what.source);
  request.load = arguments.load;
  request.load.jobs = jobs_of(arguments);
  request.globals = arguments.globals;
  request.safety = !arguments.no_safety;
  request.force = arguments.force;
  request.host = host_name();
  request.stop = setting.signals.token();
  if (request.load.selects() && request.dump.format == StoredDump::Format::plain) {
    throw Error(ErrorCode::usage,
                fmt::format("{} is a plain script, which psql runs as a whole: --table, "
                            "--schema-only and --data-only need another format",
                            request.dump.path));
  }
  return request;
}

void refuse_what_makes_no_sense(PostgresAdmin& admin, const PostgresRestoreRequest& request,
                                bool exists) {
  if (!exists && request.load.data_only) {
    throw Error(ErrorCode::failed,
                fmt::format("--data-only fills the tables of a database, and there is no {}: make "
                            "it with --schema-only first",
                            admin.location()));
  }
  if (exists && request.load.schema_only) {
    throw Error(ErrorCode::failed,
                fmt::format("{} exists: --schema-only makes a new database, give another name",
                            admin.location()));
  }
  if (exists && !request.force) {
    throw Error(ErrorCode::failed,
                fmt::format("{} exists: give another name; or --force {}", admin.location(),
                            loads_in_place(request, exists)
                                ? "restores into it"
                                : "replaces it, and keeps it under another name"));
  }
}

// What is about to be changed, for a question and for a plan.
struct Change {
  bool exists = false;             // the database
  std::vector<std::string> roles;  // which globals.sql makes otherwise than they are

  bool is_any() const { return exists || !roles.empty(); }
};

// "3 roles that exist (alice, bob, carol) get the attributes and passwords of globals.sql"
std::string roles_text(const Change& change, const PostgresRestoreRequest& request) {
  if (change.roles.empty()) return {};
  return fmt::format(
      "{} that {} here {} the attributes and passwords of {}: {}",
      format_count(change.roles.size(), "role"), change.roles.size() == 1 ? "exists" : "exist",
      change.roles.size() == 1 ? "gets" : "get", request.dump.globals, join(change.roles));
}

// " (some tables of its database alone)"
std::string part_text(const PostgresRestoreRequest& request) {
  if (request.dump.selection.empty()) return {};
  return fmt::format(", which is a dump of {} alone,", request.dump.selection);
}

std::string database_question(PostgresAdmin& admin, const Snapshot& snapshot,
                              const PostgresRestoreRequest& request) {
  const std::string present = fmt::format("{} ({}, {} connected)", admin.location(),
                                          format_bytes(admin.size_of(admin.database())),
                                          admin.sessions_of(admin.database()));
  if (loads_in_place(request, true)) {
    return printable(
        fmt::format("Restore {} of snapshot {} into {}, in one transaction?",
                    request.load.tables.empty() ? "the rows" : join(request.load.tables),
                    snapshot.name, present));
  }
  return printable(
      fmt::format("Replace {} by {} of snapshot {}{}? It is kept under another name; "
                  "sessions in it end",
                  present, request.dump.path, snapshot.name, part_text(request)));
}

std::string question_of(PostgresAdmin& admin, const Snapshot& snapshot,
                        const PostgresRestoreRequest& request, const Change& change) {
  const std::string roles = printable(roles_text(change, request));
  if (!change.exists) return roles + ". Go on?";
  const std::string database = database_question(admin, snapshot, request);
  return roles.empty() ? database : fmt::format("{}; {}", database, roles);
}

std::string globals_line(const PostgresRestoreRequest& request) {
  if (request.globals || request.dump.globals.empty()) return {};
  return fmt::format("roles and tablespaces are in {}: --globals applies it first\n",
                     request.dump.globals);
}

std::string plan_text(PostgresAdmin& admin, const Snapshot& snapshot,
                      const PostgresRestoreRequest& request, const Change& change) {
  const bool exists = change.exists;
  std::string text =
      printable(fmt::format("{} of {} to {}", request.dump.path, snapshot.name, admin.location())) +
      "\n";
  const bool in_place = loads_in_place(request, exists);
  if (!request.dump.selection.empty()) {
    text += fmt::format("  partial   it is a dump of {} of its database\n", request.dump.selection);
  }
  if (request.globals) text += "  globals   " + request.dump.globals + " is applied\n";
  if (!change.roles.empty()) text += "  roles     " + printable(roles_text(change, request)) + "\n";
  if (in_place) {
    text += "  into      the database that is there, in one transaction\n";
  } else {
    text += fmt::format("  with      {} into a new database\n",
                        request.dump.format == StoredDump::Format::plain
                            ? std::string("psql")
                            : format_count(request.load.jobs, "job") + " of pg_restore");
  }
  if (!request.load.selects()) text += "  check     row counts against those recorded\n";
  if (exists && request.safety) {
    text += fmt::format("  saves     a safety snapshot of it {}, tag pre-restore\n",
                        in_place ? "before" : "before it is replaced");
  }
  if (exists && !in_place) {
    text += fmt::format("  replaces  {} with {} connected, which stays as {}_before_<date>\n",
                        format_bytes(admin.size_of(admin.database())),
                        admin.sessions_of(admin.database()), admin.database());
  }
  return text + globals_line(request) + "nothing was done";
}

std::string result_text(PostgresAdmin& admin, const PostgresRestoreRequest& request,
                        const PostgresRestoreResult& result) {
  std::string text;
  for (const std::string& note : result.notes) text += printable(note) + "\n";
  if (!request.dump.selection.empty()) {
    text += fmt::format("{} is a dump of {} of its database\n", printable(request.dump.path),
                        request.dump.selection);
  }
  if (result.safety) {
    text += fmt::format("safety snapshot {} holds what was there\n", result.safety->name);
  }
  if (!result.kept.empty()) {
    text += printable(fmt::format("the old database is {} now: drop it when it is not needed",
                                  result.kept)) +
            "\n";
  }
  if (!result.rows.empty()) {
    const auto rows =
        std::accumulate(result.rows.begin(), result.rows.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const auto& table) { return sum + table.second; });
    text += fmt::format("counted {}, {}, as recorded\n", format_count(result.rows.size(), "table"),
                        format_count(rows, "row"));
  }
  text += printable(fmt::format("restored {} to {} in {}", request.dump.path, admin.location(),
                                format_seconds(result.seconds)));
  if (result.safety || !result.kept.empty()) {
    text += "\n" + printable(fmt::format("varve restore --undo {} puts back what was there",
                                         shell_word(target_without_secrets(admin.target()))));
  }
  return text;
}

// An existing database took --force already.
void ask(const RestoreSetting& setting, PostgresAdmin& admin, const Snapshot& snapshot,
         const PostgresRestoreRequest& request, const Change& change) {
  if (!change.is_any()) return;
  if (may_replace(setting, question_of(admin, snapshot, request, change))) return;
  throw Error(ErrorCode::failed, printable(fmt::format("--globals: {}; --yes changes them",
                                                       roles_text(change, request))));
}

int run(const RestoreSetting& setting, PostgresAdmin& admin, const Snapshot& snapshot,
        const PostgresRestoreRequest& request) {
  CommandLine& line = setting.line;
  const PostgresRestoreResult result =
      restore_postgres(setting.repository, snapshot, admin, request);
  for (const std::string& warning : result.warnings) line.warn(warning);
  line.print_facts(postgres_restore_json(snapshot, request, admin.location(), result),
                   [&] { return result_text(admin, request, result); });
  return result.warnings.empty() ? 0 : kExitWarning;
}

}  // namespace

int restore_to_postgres(const RestoreSetting& setting, const SnapshotArgument& what) {
  refuse_patterns(what);
  const PostgresRestoreRequest request = request_for(setting, what);
  PostgresAdmin admin(setting.arguments.target, setting.signals.token());
  Change change;
  change.exists = admin.exists(admin.database());
  refuse_what_makes_no_sense(admin, request, change.exists);
  require_restorable(setting.repository, what.snapshot, admin, request);
  change.roles = roles_to_change(setting.repository, what.snapshot, admin, request);
  if (setting.arguments.dry_run) {
    const bool replaces = change.exists && !loads_in_place(request, change.exists);
    setting.line.print_facts(
        postgres_plan_json(what.snapshot, request, admin.location(), replaces, change.roles),
        [&] { return plan_text(admin, what.snapshot, request, change); });
    return 0;
  }
  ask(setting, admin, what.snapshot, request, change);
  const int status = run(setting, admin, what.snapshot, request);
  setting.line.report(globals_line(request));
  return status;
}

}  // namespace varve::cli
