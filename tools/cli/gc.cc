#include "store/gc/gc.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

std::string text_of(const GcResult& result, bool dry_run) {
  std::string text = fmt::format(
      "{} {} in {}: {} {}, {} rewritten\n", dry_run ? "would free" : "freed",
      format_bytes(result.freed_bytes), format_seconds(result.seconds),
      format_count(result.packs_deleted, "pack"), "deleted", format_count(result.packs_rewritten));
  text += fmt::format("{} in {} are needed\n", format_bytes(result.live_bytes),
                      format_count(result.live_chunks, "chunk"));
  if (result.kept_garbage_bytes > 0) {
    text += fmt::format("{} of garbage lie in packs that are not yet worth rewriting\n",
                        format_bytes(result.kept_garbage_bytes));
  }
  if (result.waiting_bytes > 0) {
    text += fmt::format("{} wait for an ingest that is running: run varve gc again afterwards\n",
                        format_bytes(result.waiting_bytes));
  }
  return text;
}

int give_space_back(CommandLine& line, bool dry_run) {
  const SignalStop signals;
  const auto repository = line.open_repository();
  GcOptions options;
  options.dry_run = dry_run;
  options.stop = signals.token();
  const GcResult result = collect_garbage(*repository, options);
  line.print_facts(gc_json(result, dry_run), [&] { return text_of(result, dry_run); });
  if (!result.is_held_up) return 0;
  line.warn(
      "a part of a snapshot's manifest is lost, and what lay below it looks like garbage: "
      "nothing of that was given back; 'varve check' names the files: bring them back with "
      "'varve repair packs --from REPO', or forget these snapshots");
  return kExitWarning;
}

}  // namespace

void add_gc(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "gc", "Give back the space that no snapshot needs.", "varve gc");
  auto dry_run = std::make_shared<bool>(false);
  command.add_flag("--dry-run", *dry_run, "change nothing; tell what would be freed");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, dry_run] {
    line.action = [dry_run](CommandLine& l) { return give_space_back(l, *dry_run); };
  });
}

}  // namespace varve::cli
