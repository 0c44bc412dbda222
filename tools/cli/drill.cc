#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>

#include "store/core/error.h"
#include "store/snapshots/snapshot_name.h"
#include "tools/cli/commands.h"
#include "tools/cli/drill_page.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/job_argument.h"
#include "tools/cli/prove_all.h"
#include "tools/cli/report_file.h"
#include "tools/cli/signals.h"
#include "tools/cli/verification.h"

namespace varve::cli {
namespace {

struct DrillArguments {
  std::vector<std::string> sources;
  std::string html;  // a file; empty: none
  JobArgument job;
};

// By the name of a source: the newest snapshot of each origin that it has had, newest first.
using Newest = std::map<std::string, std::vector<const Snapshot*>>;

std::uint32_t number_of(const Snapshot& snapshot, const std::string& source) {
  const auto found = std::ranges::find(snapshot.sources, source, &SourceInfo::name);
  return static_cast<std::uint32_t>(found - snapshot.sources.begin());
}

const SourceInfo& source_in(const Snapshot& snapshot, const std::string& source) {
  return snapshot.sources[number_of(snapshot, source)];
}

// Two servers may have a database of one name: to prove one of them says nothing of the other. A
// command may be written otherwise each time.
bool have_same_origin(const Snapshot& a, const Snapshot& b, const std::string& source) {
  const SourceInfo& one = source_in(a, source);
  const SourceInfo& other = source_in(b, source);
  return a.host == b.host && one.kind == other.kind &&
         (one.location == other.location || one.kind == "command");
}

// Each comes from a file of its own, and is an older state of what is called so.
bool is_imported(const Snapshot& snapshot, const std::string& source) {
  return source_in(snapshot, source).facts.contains("imported_from");
}

Newest newest_of(const std::vector<Snapshot>& oldest_first) {
  Newest newest;
  for (auto it = oldest_first.rbegin(); it != oldest_first.rend(); ++it) {
    const Snapshot& snapshot = *it;
    for (const SourceInfo& source : snapshot.sources) {
      std::vector<const Snapshot*>& known = newest[source.name];
      const bool is_older = std::ranges::any_of(known, [&](const Snapshot* one) {
        return is_imported(snapshot, source.name) || is_imported(*one, source.name) ||
               have_same_origin(*one, snapshot, source.name);
      });
      if (!is_older) known.push_back(&snapshot);
    }
  }
  return newest;
}

// What a restore has replaced is a way back, and no source whose recovery is to be proven.
Newest without_safety(const Newest& newest) {
  Newest sources;
  for (const auto& [name, snapshots] : newest) {
    if (!is_safety_snapshot(*snapshots.front())) sources.emplace(name, snapshots);
  }
  return sources;
}

std::vector<std::string> names_of(const Newest& newest) {
  std::vector<std::string> names;
  for (const auto& [name, snapshots] : newest) names.push_back(name);
  return names;
}

// With all databases of a server, only the repository knows how they are called.
void add_databases(const Newest& newest, std::vector<std::string>& names) {
  for (const auto& [name, snapshots] : newest) {
    const bool is_database = source_in(*snapshots.front(), name).kind == "postgresql";
    if (is_database && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::erase_if(names, [&](const std::string& name) { return !newest.contains(name); });
}

std::vector<std::string> wanted_sources(const Newest& newest, const DrillArguments& arguments,
                                        const std::optional<ChosenJob>& job) {
  std::vector<std::string> names = arguments.sources;
  if (job) names = job->sources;
  if (job && job->has_all_databases) add_databases(without_safety(newest), names);
  if (names.empty()) names = names_of(without_safety(newest));
  for (const std::string& name : names) {
    if (newest.contains(name)) continue;
    throw Error(ErrorCode::not_found,
                fmt::format("no snapshot holds a source '{}'; there are {}", name,
                            newest.empty() ? "none" : join(names_of(newest))));
  }
  return names;
}

std::vector<ProofTask> tasks_of(const Newest& newest, const std::vector<std::string>& names,
                                const std::optional<ChosenJob>& job) {
  std::vector<ProofTask> tasks;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) continue;
    for (const Snapshot* const snapshot : newest.at(name)) {
      // A job's are about its own source: the one that was stored last.
      const bool is_of_job = job && snapshot == newest.at(name).front();
      tasks.push_back({snapshot, number_of(*snapshot, name),
                       is_of_job ? assertions_of(name, job->assertions)
                                 : recorded_assertions(*snapshot, name)});
    }
  }
  return tasks;
}

int run_drill(CommandLine& line, const DrillArguments& arguments) {
  if (!arguments.sources.empty() && arguments.job.is_given()) {
    throw Error(ErrorCode::usage, "--job names the sources; none can stand beside it");
  }
  const SignalStop signals;
  const std::optional<ChosenJob> job = choose_job(line, arguments.job);
  const auto repository = line.open_repository();
  const std::vector<Snapshot> snapshots = repository->snapshots();
  const Newest newest = newest_of(snapshots);
  const std::vector<ProofTask> tasks =
      tasks_of(newest, wanted_sources(newest, arguments, job), job);
  if (tasks.empty()) {
    throw Error(ErrorCode::not_found, "there is no snapshot yet: nothing can be restored");
  }
  std::optional<ReportFile> page;  // one that cannot be written is said before the work
  if (!arguments.html.empty()) page.emplace(arguments.html);
  KnownProofs none;  // a drill really does it
  const ProofReport report =
      prove_all(line, *repository, tasks, none, {"drill", Timestamp::now(), signals.token()});
  const int status = print_report(line, report);
  if (page) page->write(drill_page(report));
  return status;
}

}  // namespace

void add_drill(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(
      program, "drill", "Restore the newest snapshot of every source to scratch, and prove it.",
      "varve drill\n"
      "varve drill --job nightly --html /var/www/drill.html");
  auto arguments = std::make_shared<DrillArguments>();
  command.add_option("SOURCE", arguments->sources, "these sources; default: all")
      ->option_text("...");
  command.add_option("--html", arguments->html, "write the report as a page to this file as well")
      ->option_text("FILE");
  add_job_options(command, arguments->job, "the sources of this job, with its assertions");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_drill(l, *arguments); };
  });
}

}  // namespace varve::cli
