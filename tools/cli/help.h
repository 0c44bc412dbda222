// The help texts' form, and the text of the program itself.
#pragma once

#include <string>

#include "tools/cli/global_options.h"

namespace CLI {
class App;
}

namespace varve::cli {

// Name, version, global options, examples, exit statuses.
void describe_program(CLI::App& program, GlobalOptions& options);

// Adds a command with its one-line description and its examples (lines, without indent).
CLI::App& add_command(CLI::App& program, const std::string& name, const std::string& description,
                      const std::string& examples);

std::string help_of(const CLI::App& program, const CLI::App& command);

}  // namespace varve::cli
