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

// `name` tells which it is; the command itself may hold what is nobody's business.
void run_hook(const std::string& command, const std::string& name, const std::stop_token& stop) {
  ShellCommand shell(command, stop);
  std::array<std::byte, 4096> room{};
  while (const std::size_t count = shell.read(room)) {
    std::fwrite(room.data(), 1, count, stderr);
  }
  const ShellCommand::Exit exit = shell.wait();
  if (exit.is_good()) return;
  const std::string words = shell.last_words();
  throw Error(ErrorCode::failed,
              fmt::format("{} {}{}{}", name, ending(exit), words.empty() ? "" : ": ", words));
}

std::string name_of(const std::string& kind, std::size_t number, std::size_t count) {
  return count == 1 ? fmt::format("the hook {}", kind)
                    : fmt::format("command {} of the hook {}", number + 1, kind);
}

}  // namespace

void set_environment(const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
}

void run_hooks(const std::vector<std::string>& commands, const std::string& kind,
               const std::map<std::string, std::string>& environment, const std::stop_token& stop) {
  set_environment(environment);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    run_hook(commands[i], name_of(kind, i, commands.size()), stop);
  }
}

std::vector<std::string> run_all_hooks(const std::vector<std::string>& commands,
                                       const std::string& kind,
                                       const std::map<std::string, std::string>& environment) {
  set_environment(environment);
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    try {
      run_hook(commands[i], name_of(kind, i, commands.size()), {});
    } catch (const std::exception& error) {
      faults.emplace_back(error.what());
    }
  }
  return faults;
}

}  // namespace varve::cli
