#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ranges>

#include "store/core/error.h"
#include "store/snapshots/proof.h"
#include "store/snapshots/retention.h"
#include "store/snapshots/snapshot_name.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/job_argument.h"
#include "tools/cli/prove_all.h"
#include "tools/cli/signals.h"
#include "tools/cli/verification.h"

namespace varve::cli {
namespace {

struct VerifyArguments {
  std::vector<std::string> names;
  bool all = false;
  std::string stale;  // a number of days, or a duration
  std::string level = "full";
  bool drill = false;
  std::vector<std::string> sources;  // empty: all
  JobArgument job;

  std::string wanted_level() const { return drill ? "drill" : level; }
};

// Seconds.
std::int64_t age_of(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  const auto age = parse_duration(is_number ? text + "d" : text);
  if (age && *age > 0) return *age;
  throw Error(ErrorCode::usage,
              fmt::format("--stale {} is no age: write 30 (days), 12h or 8w", text));
}

void require_one_choice(const VerifyArguments& arguments) {
  const int choices = static_cast<int>(!arguments.names.empty()) + static_cast<int>(arguments.all) +
                      static_cast<int>(!arguments.stale.empty());
  if (choices == 1) return;
  throw Error(ErrorCode::usage, choices == 0 ? "verify needs snapshots, --all or --stale DAYS"
                                             : "snapshots, --all and --stale exclude each other");
}

// Newest first: what older ones share with them is proven then.
std::vector<Snapshot> chosen_snapshots(Repository& repository, const VerifyArguments& arguments) {
  std::vector<Snapshot> chosen;
  for (const std::string& name : arguments.names) {
    Snapshot snapshot = repository.resolve(name);
    const bool is_twin = std::ranges::count(chosen, snapshot.id, &Snapshot::id) > 0;
    if (!is_twin) chosen.push_back(std::move(snapshot));
  }
  if (!arguments.names.empty()) return chosen;
  chosen = repository.snapshots();
  // What a restore has replaced is a way back, whatever it was; whoever wants it proven names it.
  if (arguments.sources.empty()) std::erase_if(chosen, is_safety_snapshot);
  std::ranges::reverse(chosen);
  return chosen;
}

bool is_wanted(const SourceInfo& source, const VerifyArguments& arguments) {
  return arguments.sources.empty() ||
         std::ranges::find(arguments.sources, source.name) != arguments.sources.end();
}

bool is_fresh(const Snapshot& snapshot, const SourceInfo& source, const std::string& level,
              Timestamp since) {
  const auto proven = proven_at(snapshot, source.name, level);
  // One of the future was made under a clock that stood wrong: it would never grow old.
  return proven && *proven >= since &&
         proven->seconds - Timestamp::now().seconds <= kClockTolerance;
}

// Those that this level puts to such a source.
std::vector<std::string> assertions_for(const Snapshot& snapshot, const SourceInfo& source,
                                        const std::string& level,
                                        const std::optional<ChosenJob>& job) {
  const bool are_put = level == "drill" || (level == "full" && source.kind == "sqlite");
  if (!are_put) return {};
  return job ? assertions_of(source.name, job->assertions)
             : recorded_assertions(snapshot, source.name);
}

void refuse_unknown_sources(const std::vector<Snapshot>& snapshots,
                            const VerifyArguments& arguments) {
  for (const std::string& name : arguments.sources) {
    const bool is_known = std::ranges::any_of(snapshots, [&](const Snapshot& snapshot) {
      return std::ranges::find(snapshot.sources, name, &SourceInfo::name) != snapshot.sources.end();
    });
    if (is_known) continue;
    throw Error(ErrorCode::not_found,
                fmt::format("none of these snapshots holds a source '{}': varve list shows their "
                            "names",
                            name));
  }
}

int run_verify(CommandLine& line, const VerifyArguments& arguments) {
  require_one_choice(arguments);
  const bool only_stale = !arguments.stale.empty();
  const Timestamp now = Timestamp::now();
  // Whoever names snapshots wants them read now, whatever was proven before.
  const Timestamp since{now.seconds + (only_stale ? -age_of(arguments.stale) : 1)};
  const SignalStop signals;
  const std::optional<ChosenJob> job = choose_job(line, arguments.job);
  const auto repository = line.open_repository();
  const std::vector<Snapshot> snapshots = chosen_snapshots(*repository, arguments);
  refuse_unknown_sources(snapshots, arguments);

  KnownProofs known;
  std::vector<ProofTask> tasks;
  const std::string level = arguments.wanted_level();
  for (const Snapshot& snapshot : snapshots) {
    if (only_stale) known.add(snapshot, since);
    for (std::uint32_t number = 0; number < snapshot.sources.size(); ++number) {
      const SourceInfo& source = snapshot.sources[number];
      if (!is_wanted(source, arguments)) continue;
      if (only_stale && is_fresh(snapshot, source, level, since)) continue;
      tasks.push_back({&snapshot, number, assertions_for(snapshot, source, level, job)});
    }
  }
  return print_report(line,
                      prove_all(line, *repository, tasks, known, {level, since, signals.token()}));
}

}  // namespace

void add_verify(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(
      program, "verify", "Prove snapshots by their engines' own means, read from the store.",
      "varve verify latest\n"
      "varve verify --stale 30\n"
      "varve verify latest:shop --drill --source shop");
  auto arguments = std::make_shared<VerifyArguments>();
  command.add_option("SNAPSHOT", arguments->names, "the snapshots to prove")->option_text("...");
  command.add_flag("--all", arguments->all, "all snapshots");
  command.add_option("--stale", arguments->stale, "what was not proven for so many days, or ever")
      ->option_text("DAYS");
  command.add_option("--level", arguments->level, "how; default: full")
      ->option_text("quick|full")
      ->check(CLI::IsMember({"quick", "full"}));
  command.add_flag("--drill", arguments->drill,
                   "restore each to scratch, into a server of its own where it has one");
  command.add_option("--source", arguments->sources, "this source only; may be repeated")
      ->option_text("S")
      ->allow_extra_args(false);
  add_job_options(command, arguments->job, "put this job's assertions");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_verify(l, *arguments); };
  });
}

}  // namespace varve::cli
