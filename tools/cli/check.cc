#include "store/check/check.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "store/core/error.h"
#include "store/repository/config_files.h"
#include "store/repository/losses.h"
#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

std::string line_of(const Damage& damage) {
  std::string text = "damage: " + damage.what;
  if (!damage.files.empty()) text += "; it hurts " + join(damage.files);
  return printable(text);
}

std::string summary_of(const CheckResult& result) {
  std::string text = fmt::format("{}, {}", format_count(result.snapshots, "snapshot"),
                                 format_count(result.chunks, "chunk"));
  if (result.read_chunks > 0) {
    text += fmt::format("; {} read, {}", format_count(result.read_chunks),
                        format_bytes(result.raw_bytes));
    const std::string rate = format_rate(result.raw_bytes, result.seconds);
    if (!rate.empty()) text += fmt::format(" ({})", rate);
  }
  return fmt::format("{}; {}: {}", text, format_seconds(result.seconds),
                     result.damage.empty() ? std::string("all is well")
                                           : format_count(result.damage.size(), "damaged place"));
}

std::string text_of(const CheckResult& result) {
  std::string text;
  for (const std::string& line : result.mended) text += printable("mended: " + line) + "\n";
  for (const Damage& damage : result.damage) text += line_of(damage) + "\n";
  return text + summary_of(result);
}

std::string_view what_to_do(const CheckResult& result, bool was_repaired) {
  if (std::ranges::any_of(result.damage, &Damage::is_mendable)) {
    return std::ranges::all_of(result.damage, &Damage::is_mendable)
               ? "it can be read all the same; run 'varve check --repair', which mends it"
               : "run 'varve check --repair', which mends what parity can, then do as it says";
  }
  if (result.catalog_is_damaged) return "run 'varve repair catalog', then check again";
  if (was_repaired) {
    return "what a repair has found lost comes back with an ingest of its source or with "
           "'varve repair packs --from REPO'; 'varve repair packs' tells what is still lost";
  }
  return "run 'varve repair packs', which saves what is whole and names what is lost";
}

int check_repository(CommandLine& line, double percent, bool repair) {
  const SignalStop signals;
  if (repair) bring_back_config(line.global.repository_path());
  const auto repository = line.open_repository();
  Progress progress("checking", !line.global.quiet, Progress::Unit::objects);
  CheckOptions options;
  options.read_data = percent > 0;
  options.percent = percent;
  options.repair = repair;
  options.stop = signals.token();
  options.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  const CheckResult result = check(*repository, options);
  progress.wipe();
  line.print_facts(check_json(result), [&] { return text_of(result); });
  if (result.damage.empty()) return 0;
  complain(fmt::format("the repository {} is damaged in {}: {}", repository->path().native(),
                       format_count(result.damage.size(), "place"),
                       what_to_do(result, may_have_losses(repository->path()))));
  return exit_status(ErrorCode::failed);
}

}  // namespace

void add_check(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "check", "Check that all is there and is what was written.",
                  "varve check\nvarve check --read-data\nvarve check --read-data=5\n"
                  "varve check --repair");
  auto percent = std::make_shared<double>(0);
  command
      .add_flag("--read-data{100}", *percent,
                "read the stored bytes too, or a part of them at random")
      ->option_text("[=PERCENT]");
  auto repair = std::make_shared<bool>(false);
  command.add_flag("--repair", *repair,
                   "mend first what parity and the configuration's copy can; reads everything");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, percent, repair, &command] {
    if (command.count("--read-data") > 0 && !(*percent > 0 && *percent <= 100)) {
      throw CLI::ValidationError("--read-data", "PERCENT is more than 0 and at most 100");
    }
    line.action = [percent, repair](CommandLine& l) {
      return check_repository(l, *percent, *repair);
    };
  });
}

}  // namespace varve::cli
