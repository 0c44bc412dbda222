#include "store/restore.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/snapshot_argument.h"

namespace varve::cli {
namespace {

struct RestoreArguments {
  std::string what;
  std::string target;
  bool force = false;
};

std::string text_of(const RestoreResult& result) {
  std::string text;
  for (const RestoredFile& file : result.files) {
    text +=
        printable(fmt::format("{}  {}, {}", file.target.native(), format_bytes(file.size),
                              file.hash_checked ? "SHA-256 as verified" : "every chunk checked"));
    text += '\n';
  }
  text += fmt::format("restored {}, {} in {}", format_count(result.files.size(), "file"),
                      format_bytes(result.raw_bytes), format_seconds(result.seconds));
  const std::string rate = format_rate(result.raw_bytes, result.seconds);
  return rate.empty() ? text : fmt::format("{} ({})", text, rate);
}

// A database that was in WAL mode is stored, and so restored, with a rollback journal.
std::string advice_about(const Snapshot& snapshot, const SnapshotArgument& what) {
  std::string text;
  for (const FileEntry& file : snapshot.files) {
    if (what.path && file.path != *what.path) continue;
    const auto& facts = snapshot.sources.at(file.source).facts;
    const auto mode = facts.find("journal_mode");
    if (mode == facts.end() || mode->second != "wal") continue;
    text += printable(fmt::format("{} was in WAL mode: sqlite3 FILE 'PRAGMA journal_mode=WAL' "
                                  "puts that back",
                                  file.path)) +
            "\n";
  }
  return text;
}

int restore(CommandLine& line, const RestoreArguments& arguments) {
  const SignalStop signals;
  const auto repository = line.open_repository();
  const SnapshotArgument what = find_snapshot_or_file(
      arguments.what, [&](const std::string& text) { return repository->resolve(text); });

  Progress progress("restoring", !line.global.quiet);
  RestoreOptions options;
  options.force = arguments.force;
  options.stop = signals.token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const RestoreResult result =
      what.path ? restore_file(*repository, what.snapshot, what.file(), arguments.target, options)
                : restore_snapshot(*repository, what.snapshot, arguments.target, options);
  progress.wipe();
  line.print_facts(restore_json(what.snapshot, result), [&] { return text_of(result); });
  line.report(advice_about(what.snapshot, what));
  return 0;
}

}  // namespace

void add_restore(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "restore", "Write a snapshot's files, or one of them, to a folder.",
                  "varve restore latest /srv/restored\n"
                  "varve restore 2026-11-21:history.db /srv/app/history.db --force");
  auto arguments = std::make_shared<RestoreArguments>();
  command.add_option("SNAPSHOT[:PATH]", arguments->what, "all files, or the one of that path")
      ->required()
      ->option_text(" ");
  command
      .add_option("TARGET", arguments->target,
                  "the folder, created if missing; for one file also its new path")
      ->required()
      ->option_text(" ");
  command.add_flag("--force", arguments->force, "replace files that exist");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return restore(l, *arguments); };
  });
}

}  // namespace varve::cli
