#include "store/gc/forget.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>

#include "store/core/error.h"
#include "store/snapshots/proof.h"
#include "store/snapshots/retention.h"
#include "store/snapshots/snapshot_name.h"
#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

struct ForgetArguments {
  std::vector<std::string> names;
  RetentionPolicy policy;
  std::string within;  // a duration
  std::string source;
  bool dry_run = false;
};

Error usage(const std::string& message) { return Error(ErrorCode::usage, message); }

// Names and a policy exclude each other, and one of them there has to be.
RetentionPolicy policy_of(const ForgetArguments& arguments) {
  RetentionPolicy policy = arguments.policy;
  if (!arguments.within.empty()) {
    const auto seconds = parse_duration(arguments.within);
    if (!seconds || *seconds <= 0) {
      throw usage(fmt::format("--keep-within {} is no duration: write 36h, 30d, 8w or 2y",
                              arguments.within));
    }
    policy.within = *seconds;
  }
  const bool has_policy = !policy.empty() || !arguments.source.empty();
  if (!arguments.names.empty() && has_policy) {
    throw usage("forget takes snapshots or a policy, not both");
  }
  if (arguments.names.empty() && policy.empty()) {
    throw usage("forget needs snapshots, or a policy that keeps something (--keep-daily 7)");
  }
  return policy;
}

std::set<std::string> sources_of(const Snapshot& snapshot) {
  std::set<std::string> names;
  for (const SourceInfo& source : snapshot.sources) names.insert(source.name);
  return names;
}

void refuse_last_of_a_source(const std::vector<Snapshot>& all, const std::set<SnapshotId>& doomed) {
  std::set<std::string> sources_that_stay;
  for (const Snapshot& snapshot : all) {
    if (!doomed.contains(snapshot.id)) sources_that_stay.merge(sources_of(snapshot));
  }
  for (const Snapshot& snapshot : all) {
    if (!doomed.contains(snapshot.id) || is_safety_snapshot(snapshot)) continue;
    for (const std::string& source : sources_of(snapshot)) {
      if (sources_that_stay.contains(source)) continue;
      throw Error(ErrorCode::failed,
                  fmt::format("{} is the last snapshot of {}, which varve never forgets: nothing "
                              "was removed",
                              snapshot.name, source));
    }
  }
}

// A person may want that; a policy does not do it.
void warn_of_last_proven(const CommandLine& line, const std::vector<Snapshot>& all,
                         const std::set<SnapshotId>& doomed) {
  std::map<std::string, bool> stays;  // by source: whether one that passed does
  for (const Snapshot& snapshot : all) {
    if (is_safety_snapshot(snapshot)) continue;
    for (const std::string& source : sources_of(snapshot)) {
      if (!is_proven_enough(snapshot.verified(source), "quick")) continue;
      stays[source] = stays[source] || !doomed.contains(snapshot.id);
    }
  }
  for (const auto& [source, one_stays] : stays) {
    if (one_stays) continue;
    line.warn(
        fmt::format("no snapshot is left in which {} passed its verification: varve verify "
                    "--stale 30 proves those that are",
                    source));
  }
}

std::vector<RetentionDecision> decide_by_name(const CommandLine& line, Repository& repository,
                                              const std::vector<std::string>& names) {
  std::set<SnapshotId> doomed;
  for (const std::string& name : names) doomed.insert(repository.resolve(name).id);
  const std::vector<Snapshot> all = repository.snapshots();
  refuse_last_of_a_source(all, doomed);
  warn_of_last_proven(line, all, doomed);
  std::vector<RetentionDecision> decisions;
  for (const Snapshot& snapshot : all) {
    const bool keep = !doomed.contains(snapshot.id);
    decisions.push_back({snapshot.id, snapshot.name, keep, {}});
    if (keep) decisions.back().reasons.emplace_back("not named");
  }
  return decisions;
}

// Under a clock that jumped back the newest backups would seem to be the oldest.
void refuse_future(const std::vector<Snapshot>& snapshots, const std::string& source) {
  std::vector<Snapshot> judged;
  std::ranges::copy_if(snapshots, std::back_inserter(judged), [&](const Snapshot& snapshot) {
    return source.empty() || sources_of(snapshot).contains(source);
  });
  const Timestamp now = Timestamp::now();
  const Snapshot* const future = find_future(judged, now);
  if (future == nullptr) return;
  throw Error(ErrorCode::failed,
              fmt::format("nothing was removed: {} lies in the future of this machine's clock, {}. "
                          "Set the clock right, or forget that snapshot by its name",
                          future->name, to_iso(now)));
}

std::vector<RetentionDecision> decide_by_policy(Repository& repository,
                                                const RetentionPolicy& policy,
                                                const std::string& source) {
  const std::vector<Snapshot> all = repository.snapshots();
  refuse_future(all, source);
  const bool judges_safety = std::ranges::any_of(all, [&](const Snapshot& snapshot) {
    return is_safety_snapshot(snapshot) &&
           (source.empty() || sources_of(snapshot).contains(source));
  });
  if (judges_safety) refuse_future(all, "");  // it goes by its age against all others
  if (source.empty()) return judge(all, policy, {});
  std::vector<RetentionDecision> decisions = judge(all, policy, source);
  if (decisions.empty()) {
    throw Error(ErrorCode::not_found, fmt::format("no snapshot holds a source '{}': varve list "
                                                  "shows their names",
                                                  source));
  }
  return decisions;
}

std::string table_of(const std::vector<RetentionDecision>& decisions) {
  Table table({{"SNAPSHOT"}, {"DECISION"}, {"BECAUSE"}});
  for (const RetentionDecision& decision : decisions) {
    table.add({decision.name, decision.keep ? "keep" : "remove",
               decision.keep ? join(decision.reasons, "; ") : ""});
  }
  return table.text();
}

std::string names_removed(const std::vector<RetentionDecision>& decisions) {
  std::string text;
  for (const RetentionDecision& decision : decisions) {
    if (!decision.keep) text += "removed " + decision.name + "\n";
  }
  return text;
}

std::string text_of(const std::vector<RetentionDecision>& decisions, bool dry_run, bool verbose) {
  const auto kept = static_cast<std::uint64_t>(
      std::count_if(decisions.begin(), decisions.end(), [](const auto& d) { return d.keep; }));
  const std::uint64_t removed = decisions.size() - kept;
  std::string text = dry_run || verbose ? table_of(decisions) + "\n" : names_removed(decisions);
  text += fmt::format("{} {}, {} {}", dry_run ? "would remove" : "removed",
                      format_count(removed, "snapshot"), dry_run ? "would keep" : "kept",
                      format_count(kept));
  if (removed > 0 && !dry_run) text += "; varve gc gives their space back";
  return text;
}

int forget_snapshots(CommandLine& line, const ForgetArguments& arguments) {
  const RetentionPolicy policy = policy_of(arguments);
  const SignalStop deferred;  // one transaction, soon done
  const auto repository = line.open_repository();
  const std::vector<RetentionDecision> decisions =
      arguments.names.empty() ? decide_by_policy(*repository, policy, arguments.source)
                              : decide_by_name(line, *repository, arguments.names);
  std::vector<SnapshotId> doomed;
  for (const RetentionDecision& decision : decisions) {
    if (!decision.keep) doomed.push_back(decision.id);
  }
  if (!arguments.dry_run && !doomed.empty()) forget(*repository, doomed);
  line.print_facts(forget_json(decisions, arguments.dry_run),
                   [&] { return text_of(decisions, arguments.dry_run, line.global.verbose); });
  return 0;
}

void add_policy_options(CLI::App& command, ForgetArguments& arguments) {
  const std::string group = "Policy";
  RetentionPolicy& policy = arguments.policy;
  const auto add = [&](const std::string& name, unsigned& count, const std::string& what) {
    command.add_option(name, count, what)->option_text("N")->group(group);
  };
  add("--keep-last", policy.last, "keep the newest N");
  add("--keep-hourly", policy.hourly, "keep the newest of each of the newest N hours");
  add("--keep-daily", policy.daily, "the same for days, in UTC");
  add("--keep-weekly", policy.weekly, "the same for ISO weeks");
  add("--keep-monthly", policy.monthly, "the same for months");
  add("--keep-yearly", policy.yearly, "the same for years");
  command
      .add_option("--keep-within", arguments.within,
                  "keep what is no older than that before the source's newest: 36h, 30d, 8w")
      ->option_text("DURATION")
      ->group(group);
  command.add_option("--source", arguments.source, "judge this source only")
      ->option_text("S")
      ->group(group);
}

}  // namespace

void add_forget(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "forget",
                  "Remove snapshots, by name or by a policy; the last one of a source stays.",
                  "varve forget 2026-11-21T02-00-00Z\n"
                  "varve forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run");
  auto arguments = std::make_shared<ForgetArguments>();
  command.add_option("SNAPSHOT", arguments->names, "the snapshots to remove")->option_text("...");
  command.add_flag("--dry-run", arguments->dry_run,
                   "remove nothing; show what stays, and by which rule");
  add_policy_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return forget_snapshots(l, *arguments); };
  });
}

}  // namespace varve::cli
