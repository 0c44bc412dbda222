#include "store/ingest.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/ingest_report.h"
#include "tools/cli/json_output.h"
#include "tools/cli/postgres_arguments.h"
#include "tools/cli/progress.h"
#include "tools/cli/signals.h"
#include "tools/cli/source_names.h"
#include "tools/cli/verification.h"
#include "tools/cli/verified.h"
#include "tools/sources/postgres_targets.h"
#include "tools/sources/sqlite_source.h"
#include "tools/sources/stream_source.h"

namespace varve::cli {
namespace {

struct IngestArguments {
  std::vector<std::string> paths;
  std::string as;
  std::vector<std::string> tags;
  std::string time;
  std::string verify = "full";
  bool raw = false;
  std::string busy_timeout = "30";
  PostgresArguments postgres;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::optional<Timestamp> time_of(const std::string& text) {
  if (text.empty()) return {};
  if (const auto time = parse_time(text)) return time;
  throw Error(ErrorCode::usage,
              fmt::format("--time {} is no time: write 2026-11-21 or 2026-11-21T02:00:00", text));
}

// A plain number is in seconds.
std::chrono::seconds busy_timeout_of(const std::string& text) {
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  if (const auto seconds = parse_duration(is_number ? text + "s" : text)) {
    return std::chrono::seconds(*seconds);
  }
  throw Error(ErrorCode::usage,
              fmt::format("--busy-timeout {} is no duration: write 30 (seconds) or 5m", text));
}

std::vector<std::unique_ptr<Source>> make_sources(const IngestArguments& arguments,
                                                  const std::stop_token& stop) {
  const Patience patience{busy_timeout_of(arguments.busy_timeout), stop};
  std::vector<std::string> paths;
  std::vector<PostgresTarget> databases;
  for (const std::string& argument : arguments.paths) {
    if (is_postgres_target(argument)) {
      databases.push_back({argument, arguments.as});
    } else {
      paths.push_back(argument);
    }
  }
  std::vector<std::unique_ptr<Source>> sources = postgres_sources(
      databases, postgres_options(arguments.postgres, patience.busy_timeout), stop);
  const std::vector<std::string> names = source_names(paths, arguments.as);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (arguments.raw) {
      sources.push_back(std::make_unique<StreamSource>(paths[i], names[i]));
    } else {
      sources.push_back(std::make_unique<SqliteSource>(paths[i], names[i], patience));
    }
  }
  return sources;
}

IngestRequest request_for(const IngestArguments& arguments, std::stop_token stop) {
  for (const std::string& tag : arguments.tags) require_valid_tag(tag);
  IngestRequest request;
  request.sources = make_sources(arguments, stop);
  request.stop = std::move(stop);
  request.tags = arguments.tags;
  request.time = time_of(arguments.time);
  request.host = host_name();
  request.even_if_unchanged = !arguments.tags.empty() || request.time.has_value();
  request.acceptable = [level = arguments.verify](const Snapshot& last) {
    return is_verified_enough(last.verified(), level);
  };
  return request;
}

void verify(Repository& repository, IngestReport& report, const std::string& level,
            Progress& progress, std::stop_token stop) {
  const auto begin = std::chrono::steady_clock::now();
  Snapshot& snapshot = report.result.snapshot;
  VerificationRequest request{level, {}, std::move(stop)};
  request.progress = [&](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
  try {
    verify_snapshot(repository, snapshot, request);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    throw Error(ErrorCode::interrupted,
                fmt::format("interrupted: snapshot {} is made, but not verified", snapshot.name));
  }
  progress.wipe();
  report.verify_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (const SourceInfo& source : snapshot.sources) {
    const Attestation* attestation = newest_attestation(snapshot, source.name);
    if (attestation == nullptr || attestation->passed) continue;
    report.warnings.push_back(fmt::format("{} failed its verification in snapshot {}: {}",
                                          source.name, snapshot.name, attestation->detail));
  }
}

int run_ingest(CommandLine& line, const IngestArguments& arguments) {
  const SignalStop signals;
  IngestRequest request = request_for(arguments, signals.token());
  const auto repository = line.open_repository();
  refuse_paths_inside(repository->path(), arguments.paths);

  Progress reading("reading", !line.global.quiet);
  request.progress = [&](const IngestProgress& now) {
    reading.show(now.bytes_read, now.bytes_expected);
  };
  IngestReport report;
  report.result = ingest(*repository, std::move(request));
  report.warnings = report.result.warnings;
  reading.wipe();

  if (!report.result.unchanged && arguments.verify != "none") {
    Progress verifying("verifying", !line.global.quiet);
    verify(*repository, report, arguments.verify, verifying, signals.token());
  }
  for (const std::string& warning : report.warnings) line.warn(warning);
  line.print_facts(ingest_json(report), [&] { return ingest_text(report); });
  return report.warnings.empty() ? 0 : kExitWarning;
}

void add_options(CLI::App& command, IngestArguments& arguments) {
  command.add_option("PATH", arguments.paths, "the databases, all into one snapshot")
      ->required()
      ->option_text("...");
  command.add_option("--as", arguments.as, "what the source is called; default: the file's name")
      ->option_text("NAME");
  command.add_option("--tag", arguments.tags, "a mark for the snapshot; may be repeated")
      ->option_text("T")
      ->allow_extra_args(false);
  command.add_option("--time", arguments.time, "the snapshot's time; default: now")
      ->option_text("T");
  command
      .add_option("--verify", arguments.verify, "how the stored snapshot is proven; default: full")
      ->option_text("none|quick|full")
      ->check(CLI::IsMember({"none", "quick", "full"}));
  command.add_flag("--raw", arguments.raw, "store plain files that are no databases");
  command
      .add_option("--busy-timeout", arguments.busy_timeout,
                  "how long to wait for a locked database; default: 30 seconds")
      ->option_text("SECONDS");
  add_postgres_options(command, arguments.postgres);
}

}  // namespace

void add_ingest(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "ingest", "Take a snapshot of databases in use.",
                                  "varve ingest /srv/app/history.db /srv/app/orders.db\n"
                                  "varve ingest app.db --as shop.db --tag before-upgrade");
  auto arguments = std::make_shared<IngestArguments>();
  add_options(command, *arguments);
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return run_ingest(l, *arguments); };
  });
}

}  // namespace varve::cli
