#include "fs/mount.h"

#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"
#include "tools/cli/format.h"
#include "tools/cli/help.h"

namespace varve::cli {
namespace {

struct MountArguments {
  std::string point;
  bool foreground = false;
  std::vector<std::string> options;  // each a list separated by commas
};

int mount(const CommandLine& line, const MountArguments& arguments) {
  // The serving process changes its folder before it opens the repository.
  const Path repository = std::filesystem::absolute(line.global.repository_path());
  return run_mount([repository] { return Repository::open(repository); },
                   {.mountpoint = arguments.point,
                    .foreground = arguments.foreground,
                    .options = join(arguments.options, ",")});
}

}  // namespace

void add_mount(CLI::App& program, CommandLine& line) {
  CLI::App& command =
      add_command(program, "mount", "Mount the repository: a folder for each snapshot.",
                  "varve mount /mnt/backups\nvarve mount /mnt/backups -o allow_other,paranoid");
  auto arguments = std::make_shared<MountArguments>();
  command.add_option("MOUNTPOINT", arguments->point, "an empty folder")
      ->required()
      ->option_text(" ");
  command.add_flag("-f,--foreground", arguments->foreground, "stay in the foreground");
  command
      .add_option("-o", arguments->options,
                  "mount options, separated by commas: allow_other, paranoid, cache=256M, …")
      ->option_text("OPTIONS")
      ->allow_extra_args(false);
  add_global_options(command, line.global, Facts::none);
  command.callback([&line, arguments] {
    line.action = [arguments](CommandLine& l) { return mount(l, *arguments); };
  });
}

}  // namespace varve::cli
