#include "tools/config/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/ingest_arguments.h"
#include "tools/cli/source_names.h"
#include "tools/sources/exclusion.h"

namespace varve::cli {
namespace {

// What only shows when the job is put together is told with the place of its sources.
std::vector<std::string> source_names_of(const Job& job) {
  try {
    const IngestArguments arguments = arguments_of(job, {});
    for (const std::string& tag : arguments.tags) require_valid_tag(tag);
    const Exclusion exclusion(arguments.exclude);
    std::vector<std::string> names;
    for (const SourceArgument& source : source_arguments(arguments.words)) {
      names.push_back(source.name);
    }
    return names;
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: job {}: {}", job.where, job.name, error.what()));
  }
}

std::string summary(const Config& config, const std::string& file) {
  std::string text = fmt::format("{} is in order\n", file);
  text += fmt::format("repository  {}\n", config.repository.empty()
                                              ? "not said: -r or VARVE_REPO says it"
                                              : config.repository.native());
  for (const Job& job : config.jobs) {
    text += fmt::format("job {}\n", job.name);
    for (const std::string& name : source_names_of(job)) {
      text += fmt::format("  source  {}\n", name);
    }
  }
  return text;
}

int check(CommandLine& line, const std::string& file) {
  line.report(summary(load_config(file), file));
  return 0;
}

}  // namespace

void add_config(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "config", "Check the configuration file of the jobs.",
                                  "varve config check\nvarve config check ./varve.toml");
  struct Words {
    std::string action;
    std::string file = kConfigFile;
  };
  auto words = std::make_shared<Words>();
  command
      .add_option("ACTION", words->action, "check: says what the file holds, or where it is wrong")
      ->required()
      ->check(CLI::IsMember({"check"}))
      ->option_text(" ");
  command.add_option("FILE", words->file, "the file; default: /etc/varve/varve.toml")
      ->option_text(" ");
  add_global_options(command, line.global, Facts::none);
  command.callback(
      [&line, words] { line.action = [words](CommandLine& l) { return check(l, words->file); }; });
}

}  // namespace varve::cli
