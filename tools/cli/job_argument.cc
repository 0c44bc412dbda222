#include "tools/cli/job_argument.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
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

void refuse_config_alone(const JobArgument& argument) {
  if (argument.is_given() || argument.config.empty()) return;
  throw Error(ErrorCode::usage, "--config is where --job NAME looks: name the job too");
}

Job find_job(CommandLine& line, const JobArgument& argument) {
  const Path file = argument.config.empty() ? Path(kConfigFile) : Path(argument.config);
  const Config config = load_config(file, argument.name);
  if (line.global.repository.empty()) line.global.repository = config.repository;
  return config.job(argument.name);
}

std::optional<ChosenJob> choose_job(CommandLine& line, const JobArgument& argument) {
  refuse_config_alone(argument);
  if (!argument.is_given()) return {};
  const Job job = find_job(line, argument);
  const IngestArguments arguments = arguments_of(job, {});
  ChosenJob chosen;
  for (const SourceArgument& source : source_arguments(arguments.words)) {
    chosen.sources.push_back(stored_name(source));
  }
  chosen.has_all_databases = job.postgres.all_databases;
  chosen.assertions = arguments.assertions;
  return chosen;
}

}  // namespace varve::cli
