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

std::string how(const RestoredFile& file) {
  if (file.type == FileType::link) return "link";
  return fmt::format("{}, {}", format_bytes(file.size),
                     file.hash_checked ? "SHA-256 as verified" : "every chunk checked");
}

std::string text_of(const RestoreResult& result) {
  std::string text;
  for (const RestoredFile& file : result.files) {
    text += printable(fmt::format("{}  {}", file.target.native(), how(file)));
    text += '\n';
  }
  text += fmt::format("restored {}, {} in {}", format_count(result.files.size(), "file"),
                      format_bytes(result.raw_bytes), format_seconds(result.seconds));
  const std::string rate = format_rate(result.raw_bytes, result.seconds);
  return rate.empty() ? text : fmt::format("{} ({})", text, rate);
}

bool is_part_of(const FileEntry& file, const SnapshotArgument& what) {
  return !what.path || file.path == *what.path || file.path.starts_with(*what.path + '/');
}

// Of a database; a source with many files says it of each.
std::string journal_mode_of(const Snapshot& snapshot, const FileEntry& file) {
  if (file.format != "sqlite") return {};
  const auto& facts = file.facts.empty() ? snapshot.sources.at(file.source).facts : file.facts;
  const auto mode = facts.find("journal_mode");
  return mode == facts.end() ? std::string() : mode->second;
}

// A database that was in WAL mode is stored, and so restored, with a rollback journal.
std::string advice_about(const Snapshot& snapshot, const SnapshotArgument& what) {
  std::string text;
  for (const FileEntry& file : snapshot.files) {
    if (!is_part_of(file, what) || journal_mode_of(snapshot, file) != "wal") continue;
    text += printable(fmt::format("{} was in WAL mode: sqlite3 FILE 'PRAGMA journal_mode=WAL' "
                                  "puts that back",
                                  file.path)) +
            "\n";
  }
  return text;
}

RestoreResult restore(Repository& repository, const SnapshotArgument& what, const Path& target,
                      const RestoreOptions& options) {
  if (!what.path) return restore_snapshot(repository, what.snapshot, target, options);
  if (what.is_folder()) {
    return restore_folder(repository, what.snapshot, *what.path, target, options);
  }
  return restore_file(repository, what.snapshot, what.file(), target, options);
}

int run_restore(CommandLine& line, const RestoreArguments& arguments) {
  const SignalStop signals;
  const auto repository = line.open_repository();
  const SnapshotArgument what = find_snapshot_or_file(
      arguments.what, [&](const std::string& text) { return repository->resolve(text); });

  Progress progress("restoring", !line.global.quiet);
  RestoreOptions options;
  options.force = arguments.force;
  options.stop = signals.token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const RestoreResult result = restore(*repository, what, arguments.target, options);
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
  command
      .add_option("SNAPSHOT[:PATH]", arguments->what,
                  "all files, or the file or folder of that path")
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
    line.action = [arguments](CommandLine& l) { return run_restore(l, *arguments); };
  });
}

}  // namespace varve::cli
