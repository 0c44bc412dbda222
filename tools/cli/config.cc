#include "tools/config/config.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "store/core/error.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/ingest_arguments.h"

namespace varve::cli {
namespace {

std::string summary(const Config& config, const std::string& file) {
  std::string text = fmt::format("{} is in order\n", file);
  text += fmt::format("repository  {}\n", config.repository.empty()
                                              ? "not said: -r or VARVE_REPO says it"
                                              : config.repository.native());
  for (const Job& job : config.jobs) {
    text += fmt::format("job {}\n", job.name);
    for (const SourceArgument& source : source_arguments(arguments_of(job, {}).words)) {
      text += fmt::format("  source  {}\n", source.name);
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
  auto file = std::make_shared<std::string>(kConfigFile);
  auto what = std::make_shared<std::string>();
  command.add_option("ACTION", *what, "check: says what the file holds, or where it is wrong")
      ->required()
      ->check(CLI::IsMember({"check"}))
      ->option_text(" ");
  command.add_option("FILE", *file, "the file; default: /etc/varve/varve.toml")->option_text(" ");
  add_global_options(command, line.global, Facts::none);
  command.callback(
      [&line, file] { line.action = [file](CommandLine& l) { return check(l, *file); }; });
}

}  // namespace varve::cli
