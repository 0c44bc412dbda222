#include "tools/cli/command_line.h"

namespace varve::cli {

std::unique_ptr<Repository> CommandLine::open_repository() const {
  return Repository::open(global.repository_path());
}

void CommandLine::report(std::string_view text) {
  if (!global.quiet && !global.json && !text.empty()) out.print(text);
}

void CommandLine::print_facts(const std::string& json, const std::function<std::string()>& text) {
  if (global.json) {
    out.print(json);
  } else {
    report(text());
  }
}

void CommandLine::warn(const std::string& text) const { complain("warning: " + text); }

}  // namespace varve::cli
