#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/json_output.h"
#include "tools/cli/signals.h"

namespace varve::cli {
namespace {

int create_repository(CommandLine& line, const std::string& named) {
  const SignalStop deferred;  // half a repository is none
  const Path path =
      std::filesystem::absolute(named.empty() ? line.global.repository_path() : Path(named));
  Repository::create(path);
  line.print_facts(init_json(path), [&] {
    return fmt::format("{} is a repository now. Next: varve -r {} ingest DATABASE", path.native(),
                       path.native());
  });
  return 0;
}

}  // namespace

void add_init(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "init", "Create a repository.", "varve init /srv/backup");
  auto path = std::make_shared<std::string>();
  command
      .add_option("REPO", *path, "a folder that is empty or does not exist; default: that of -r")
      ->option_text(" ");
  add_global_options(command, line.global, Facts::printed);
  command.callback([&line, path] {
    line.action = [path](CommandLine& l) { return create_repository(l, *path); };
  });
}

}  // namespace varve::cli
