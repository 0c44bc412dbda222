#include "tools/cli/run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/core/error.h"
#include "tools/cli/argument_secrets.h"
#include "tools/cli/command_line.h"
#include "tools/cli/commands.h"
#include "tools/cli/help.h"
#include "tools/cli/mount_helper.h"

namespace varve::cli {
namespace {

// What a library says may have line ends; our own messages have none that are meant.
std::string one_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

const CLI::App& named_command(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? program : *commands.front();
}

std::string usage_line(const CLI::App& program, const std::string& fault) {
  const CLI::App& command = named_command(program);
  const std::string name =
      &command == &program ? std::string("varve") : "varve " + command.get_name();
  return fmt::format("{}; see {} --help", fault, name);
}

// --json may stand before the command, where the parser does not know which one it will be.
void refuse_useless_json(const CLI::App& command, const GlobalOptions& options) {
  if (!options.json || command.get_option_no_throw("--json") != nullptr) return;
  throw CLI::ValidationError("--json", command.get_name() + " prints no facts");
}

int report_error(const CommandLine& line, const CLI::App& program, const Error& error) {
  const bool is_usage = error.code() == ErrorCode::usage;
  complain(is_usage ? usage_line(program, error.what()) : error.what());
  if (line.global.verbose && !error.context().empty()) complain("  " + error.context());
  return exit_status(error.code());
}

// What follows the program's name, in varve's own words however it was called.
std::vector<std::string> words_of(int count, char** arguments) {
  std::vector<std::string> words(arguments + std::min(count, 1), arguments + count);
  return count > 0 && is_mount_helper(arguments[0]) ? mount_command(words) : words;
}

// The status to end with, or nothing where there is a command to run.
std::optional<int> parse(CLI::App& program, CommandLine& line, std::vector<std::string> words) {
  try {
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    program.parse(std::move(words));
    refuse_useless_json(named_command(program), line.global);
    return {};
  } catch (const CLI::CallForHelp&) {
    line.out.print(help_of(program, named_command(program)));
    return EXIT_SUCCESS;
  } catch (const CLI::CallForVersion& version) {
    line.out.print(version.what());
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& error) {
    complain(usage_line(program, one_line(error.what())));
    return exit_status(ErrorCode::usage);
  }
}

int run_command(CLI::App& program, CommandLine& line, int count, char** arguments) {
  std::vector<std::string> words = words_of(count, arguments);
  hide_passwords(count, arguments);
  const bool only_plays = words.empty() && count > 1;
  if (only_plays) return EXIT_SUCCESS;
  if (const auto status = parse(program, line, std::move(words))) return *status;
  return line.action(line);
}

}  // namespace

int run(int count, char** arguments) {
  CLI::App program;
  CommandLine line;
  try {
    occupy_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);  // writing says so
    describe_program(program, line.global);
    constexpr std::array commands = {
        add_init,   add_ingest, add_import,  add_list,         add_mount,  add_umount, add_cat,
        add_diff,   add_log,    add_restore, add_recover_rows, add_verify, add_drill,  add_check,
        add_repair, add_forget, add_gc,      add_stats,        add_config};
    for (const auto add : commands) add(program, line);
    return run_command(program, line, count, arguments);
  } catch (const Error& error) {
    return report_error(line, program, error);
  } catch (const std::bad_alloc&) {
    complain("there is not enough memory");
  } catch (const std::exception& error) {
    complain(one_line(error.what()));
  }
  return exit_status(ErrorCode::failed);
}

}  // namespace varve::cli
