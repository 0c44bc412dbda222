#include "store/ingest/ingest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "store/core/error.h"
#include "store/snapshots/proof.h"
#include "tools/cli/busy_timeout.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/hooks.h"
#include "tools/cli/host_name.h"
#include "tools/cli/ingest_arguments.h"
#include "tools/cli/ingest_report.h"
#include "tools/cli/json_output.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/source_names.h"
#include "tools/cli/verification.h"
#include "tools/sources/postgres_targets.h"

namespace varve::cli {
namespace {

std::optional<Timestamp> time_of(const std::string& text) {
  if (text.empty()) return {};
  if (const auto time = parse_time(text)) return time;
  throw Error(ErrorCode::usage,
              fmt::format("--time {} is no time: write 2026-11-21 or 2026-11-21T02:00:00", text));
}

IngestRequest request_for(const IngestArguments& arguments) {
  for (const std::string& tag : arguments.tags) require_valid_tag(tag);
  IngestRequest request;
  request.tags = arguments.tags;
  request.time = time_of(arguments.time);
  request.host = host_name();
  request.even_if_unchanged = !arguments.tags.empty() || request.time.has_value();
  request.acceptable = [level = arguments.verify, assertions = arguments.assertions](
                           const Snapshot& last) { return is_verified(last, level, assertions); };
  return request;
}

std::vector<std::unique_ptr<Source>> make_sources(const IngestArguments& arguments,
                                                  const Repository& repository,
                                                  std::stop_token stop) {
  const SourceSettings settings{.raw = arguments.raw,
                                .exclude = arguments.exclude,
                                .busy_timeout = busy_timeout_of(arguments.busy_timeout),
                                .repository = repository.path(),
                                .stop = std::move(stop)};
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<PostgresTarget> databases;
  for (const SourceArgument& argument : source_arguments(arguments.words)) {
    if (argument.kind == SourceArgument::Kind::path) {
      refuse_path_inside(repository.path(), argument.text);
    }
    if (argument.kind == SourceArgument::Kind::postgresql) {
      databases.push_back({argument.text, argument.name});
    } else {
      sources.push_back(make_source(argument, settings));
    }
  }
  std::ranges::move(
      postgres_sources(databases, postgres_options(arguments.postgres, settings.busy_timeout),
                       settings.stop),
      std::back_inserter(sources));
  return sources;
}

// What cannot be asked is said before anything is read.
void refuse_assertions(const std::vector<std::unique_ptr<Source>>& sources,
                       const std::vector<JobAssertion>& assertions) {
  for (const auto& [name, sql, where] : assertions) {
    const auto found =
        std::ranges::find_if(sources, [&](const auto& source) { return source->name() == name; });
    if (found == sources.end() || (*found)->kind() == "sqlite" ||
        (*found)->kind() == "postgresql") {
      continue;
    }
    throw Error(ErrorCode::usage,
                fmt::format("{}: source = \"{}\": assertions can be put to SQLite and PostgreSQL "
                            "databases, and its kind is {}",
                            where, name, (*found)->kind()));
  }
}

void verify(Repository& repository, IngestReport& report, const IngestArguments& arguments,
            Progress& progress, std::stop_token stop) {
  const std::string& level = arguments.verify;
  const auto begin = std::chrono::steady_clock::now();
  Snapshot& snapshot = report.result.snapshot;
  VerificationRequest request{level, {}, std::move(stop), arguments.assertions};
  request.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  try {
    verify_snapshot(repository, snapshot, request);
  } catch (const Error& error) {
    const bool is_stop = error.code() == ErrorCode::interrupted;
    throw Error(error.code(), fmt::format("{}: snapshot {} is made, but not verified",
                                          is_stop ? "interrupted" : error.what(), snapshot.name));
  }
  progress.wipe();
  report.verify_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* attestation = deciding_attestation(snapshot, source.name);
    if (attestation == nullptr) continue;
    if (attestation->passed && !is_proven_enough(attestation->level, level)) {
      report.warnings.push_back(
          fmt::format("{} is not fully verified: {}", source.name, attestation->detail));
    }
    if (attestation->passed) continue;
    report.failures.push_back(fmt::format("{} failed its verification in snapshot {}: {}",
                                          source.name, snapshot.name, attestation->detail));
  }
}

// What became of an ingest, for the commands around a job.
struct Outcome {
  std::string snapshot;  // its name; empty: none was made
  std::string failure;   // what failed its verification; empty: nothing
};

int run_ingest(CommandLine& line, const IngestArguments& arguments, const SignalStop& signals,
               Outcome& outcome) {
  IngestRequest request = request_for(arguments);
  source_arguments(arguments.words);  // what is wrong with them is said before anything is opened
  std::stop_source halt;
  const std::stop_callback halting(signals.token(), [&] { halt.request_stop(); });
  request.halt = halt;
  const auto repository = line.open_repository();
  request.sources = make_sources(arguments, *repository, halt.get_token());
  request.stop = signals.token();
  refuse_assertions(request.sources, arguments.assertions);

  Progress reading("reading", !line.global.quiet);
  request.progress = [&](const IngestProgress& now) {
    reading.show(now.bytes_read, now.bytes_expected);
  };
  IngestReport report;
  report.result = ingest(*repository, std::move(request));
  outcome.snapshot = report.result.snapshot.name;
  report.warnings = report.result.warnings;
  reading.wipe();

  if (!report.result.unchanged && arguments.verify != "none") {
    Progress verifying("verifying", !line.global.quiet);
    verify(*repository, report, arguments, verifying, signals.token());
  }
  outcome.failure = fmt::format("{}", fmt::join(report.failures, "; "));
  std::ranges::copy(report.failures, std::back_inserter(report.warnings));
  for (const std::string& warning : report.warnings) line.warn(warning);
  line.print_facts(ingest_json(report), [&] { return ingest_text(report); });
  return report.warnings.empty() ? 0 : kExitWarning;
}

// What the hook commands find in their environment, beside the job's own.
std::map<std::string, std::string> hook_environment(const Job& job, const CommandLine& line,
                                                    const Outcome& outcome) {
  std::map<std::string, std::string> environment = {{"VARVE_JOB", job.name},
                                                    {"VARVE_REPO", line.global.repository_path()}};
  if (!outcome.snapshot.empty()) environment["VARVE_SNAPSHOT"] = outcome.snapshot;
  if (!outcome.failure.empty()) environment["VARVE_ERROR"] = outcome.failure;
  return environment;
}

// The fault itself is what is to be told, whatever becomes of the hooks.
void tell_failure(CommandLine& line, const Job& job, const Outcome& outcome) {
  const auto faults =
      run_all_hooks(job.hooks.on_failure, "on_failure", hook_environment(job, line, outcome));
  for (const std::string& fault : faults) line.warn(fault);
}

int run_job(CommandLine& line, const IngestArguments& typed) {
  const Job job = find_job(line, typed.job);
  const IngestArguments arguments = arguments_of(job, typed);
  set_environment(job.environment);
  const SignalStop signals;
  Outcome outcome;
  try {
    run_hooks(job.hooks.before, "before", hook_environment(job, line, outcome), signals.token());
    const int status = run_ingest(line, arguments, signals, outcome);
    if (outcome.failure.empty()) {
      run_hooks(job.hooks.after, "after", hook_environment(job, line, outcome), signals.token());
    } else {
      tell_failure(line, job, outcome);
    }
    return status;
  } catch (const std::exception& error) {
    outcome.failure = error.what();
    tell_failure(line, job, outcome);
    throw;
  }
}

int run(CommandLine& line, const IngestArguments& arguments) {
  if (arguments.job.is_given()) return run_job(line, arguments);
  const SignalStop signals;
  Outcome outcome;
  return run_ingest(line, arguments, signals, outcome);
}

// The options that name sources. Their order counts, which the parser only tells for all of its
// options together.
struct SourceOptions {
  const CLI::Option* source = nullptr;
  const CLI::Option* command = nullptr;
  const CLI::Option* as = nullptr;
};

SourceOptions add_source_options(CLI::App& command) {
  SourceOptions options;
  options.source =
      command.add_option("PATH", "databases, files, folders, URIs; - is standard input")
          ->option_text("...")
          ->expected(-1)
          ->take_all();
  options.command = command.add_option("--command", "what a shell command prints; needs --as")
                        ->option_text("CMD")
                        ->take_all()
                        ->allow_extra_args(false);
  options.as =
      command.add_option("--as", "what the source in front of it is called; default: its own name")
          ->option_text("NAME")
          ->take_all()
          ->allow_extra_args(false);
  return options;
}

std::vector<SourceWord> words_of(const CLI::App& command, const SourceOptions& options) {
  using Kind = SourceWord::Kind;
  std::map<const CLI::Option*, std::pair<Kind, std::size_t>> next = {
      {options.source, {Kind::source, 0}},
      {options.command, {Kind::command, 0}},
      {options.as, {Kind::as, 0}}};
  std::vector<SourceWord> words;
  for (const CLI::Option* option : command.parse_order()) {
    const auto known = next.find(option);
    if (known == next.end()) continue;
    auto& [kind, place] = known->second;
    words.push_back({kind, option->results().at(place++)});
  }
  return words;
}

void add_options(CLI::App& command, IngestArguments& arguments) {
  add_job_options(command, arguments.job, "a job of the configuration, instead of sources");
  command.add_option("--tag", arguments.tags, "a mark for the snapshot; may be repeated")
      ->option_text("T")
      ->allow_extra_args(false);
  command.add_option("--time", arguments.time, "the snapshot's time; default: now")
      ->option_text("T");
  command
      .add_option("--verify", arguments.verify, "how the stored snapshot is proven; default: full")
      ->option_text("none|quick|full")
      ->check(CLI::IsMember({"none", "quick", "full"}));
  command.add_option("--exclude", arguments.exclude, "leave this out of folders; may be repeated")
      ->option_text("PATTERN")
      ->allow_extra_args(false);
  command.add_flag("--raw", arguments.raw, "store databases as the plain files that they are");
  command
      .add_option("--busy-timeout", arguments.busy_timeout,
                  "how long to wait for a locked database; default: 30 seconds")
      ->option_text("SECONDS");
  add_postgres_options(command, arguments.postgres);
}

// What a job says is not said again: a word that would change nothing is a mistake.
void refuse_beside_job(const CLI::App& command, const IngestArguments& arguments) {
  refuse_config_alone(arguments.job);
  if (!arguments.job.is_given()) return;
  constexpr std::array said_by_job = {"--verify",        "--exclude",      "--raw",
                                      "--busy-timeout",  "--pg-format",    "--schema-only",
                                      "--data-only",     "--table",        "--exclude-table",
                                      "--all-databases", "--no-row-counts"};
  for (const char* const option : said_by_job) {
    if (command.get_option(option)->count() == 0) continue;
    throw Error(ErrorCode::usage, fmt::format("{} cannot stand beside --job {}: the configuration "
                                              "says it for the job",
                                              option, arguments.job.name));
  }
}

}  // namespace

void add_ingest(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "ingest", "Take a snapshot of databases in use, files and folders.",
                  "varve ingest /srv/app/history.db /srv/app/orders.db /srv/www\n"
                  "varve ingest app.db --as shop.db --tag before-upgrade\n"
                  "varve ingest --job nightly\n"
                  "varve ingest postgresql:///shop postgresql://backup@db2/crm\n"
                  "varve ingest /etc --command 'mysqldump shop' --as shop.sql");
  auto arguments = std::make_shared<IngestArguments>();
  const SourceOptions sources = add_source_options(command);
  add_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, &command, sources, arguments] {
    refuse_beside_job(command, *arguments);
    arguments->words = words_of(command, sources);
    line.action = [arguments](CommandLine& l) { return run(l, *arguments); };
  });
}

}  // namespace varve::cli
