#include "tools/cli/job_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/ingest_arguments.h"

namespace varve::cli {
namespace {

// A Redis server's file is called NAME.rdb; its source is not.
std::string stored_name(const SourceArgument& source) {
  constexpr std::string_view kRdb = ".rdb";
  const bool is_file = source.kind == SourceArgument::Kind::redis && source.name.ends_with(kRdb);
  return is_file ? source.name.substr(0, source.name.size() - kRdb.size()) : source.name;
}

}  // namespace

void add_job_options(CLI::App& command, JobArgument& argument, const std::string& why) {
  command.add_option("--job", argument.name, why)->option_text("NAME");
  command
      .add_option("--config", argument.config,
                  fmt::format("where the jobs are; default: {}", kConfigFile))
      ->option_text("FILE");
}

std::optional<ChosenJob> choose_job(CommandLine& line, const JobArgument& argument) {
  if (argument.name.empty()) return {};
  const Config config = load_config(argument.config);
  const Job& job = config.job(argument.name);
  const IngestArguments arguments = arguments_of(job, {});
  ChosenJob chosen;
  for (const SourceArgument& source : source_arguments(arguments.words)) {
    chosen.sources.push_back(stored_name(source));
  }
  chosen.has_all_databases = job.postgres.all_databases;
  chosen.assertions = arguments.assertions;
  if (line.global.repository.empty()) line.global.repository = config.repository;
  return chosen;
}

}  // namespace varve::cli
