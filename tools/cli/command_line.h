// What the command line asked for, and what a command gets when it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/repository/repository.h"
#include "tools/cli/global_options.h"
#include "tools/cli/output.h"

namespace varve::cli {

// Parsing fills it; `action` runs afterwards and returns the exit status. One thread.
struct CommandLine {
  GlobalOptions global;
  std::function<int(CommandLine&)> action;
  Output out{1};

  std::unique_ptr<Repository> open_repository() const;
  // What a command has to say to a person: nothing with -q, and nothing beside JSON.
  void report(std::string_view text);
  // Facts: JSON where --json asks for it, else as report().
  void print_facts(const std::string& json, const std::function<std::string()>& text);
  // A line on standard error, whatever -q says.
  void warn(const std::string& text) const;
};

}  // namespace varve::cli
