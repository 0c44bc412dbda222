#include <CLI/CLI.hpp>

#include "fs/mount.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"

namespace varve::cli {

void add_umount(CLI::App& program, CommandLine& line) {
  CLI::App& command = add_command(program, "umount", "Unmount; fails while a file there is open.",
                                  "varve umount /mnt/backups");
  auto path = std::make_shared<std::string>();
  command.add_option("MOUNTPOINT", *path, "where the repository is mounted")
      ->required()
      ->option_text(" ");
  add_global_options(command, line.global, Facts::none);
  command.callback([&line, path] {
    line.action = [path](CommandLine&) {
      unmount(*path);
      return 0;
    };
  });
}

}  // namespace varve::cli
