#include "tools/cli/hooks.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "store/core/error.h"
#include "tools/process/shell_command.h"

namespace varve::cli {
namespace {

std::string ending(const ShellCommand::Exit& exit) {
  return exit.signal != 0 ? fmt::format("was ended by signal {}", exit.signal)
                          : fmt::format("ended with status {}", exit.status);
}

void run_hook(const std::string& command, const std::string& kind, const std::stop_token& stop) {
  ShellCommand shell(command, stop);
  std::array<std::byte, 4096> room{};
  while (const std::size_t count = shell.read(room)) {
    std::fwrite(room.data(), 1, count, stderr);
  }
  const ShellCommand::Exit exit = shell.wait();
  if (exit.is_good()) return;
  const std::string words = shell.last_words();
  throw Error(ErrorCode::failed, fmt::format("the hook {} = \"{}\" {}{}{}", kind, command,
                                             ending(exit), words.empty() ? "" : ": ", words));
}

}  // namespace

void set_environment(const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
}

void run_hooks(const std::vector<std::string>& commands, const std::string& kind,
               const std::map<std::string, std::string>& environment, const std::stop_token& stop) {
  set_environment(environment);
  for (const std::string& command : commands) run_hook(command, kind, stop);
}

}  // namespace varve::cli
