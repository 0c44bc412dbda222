#include "tools/cli/global_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "store/core/error.h"

namespace varve::cli {

Path GlobalOptions::repository_path() const {
  if (!repository.empty()) return repository;
  if (const char* named = std::getenv("VARVE_REPO"); named != nullptr && *named != '\0') {
    return named;
  }
  throw Error(ErrorCode::usage, "no repository named: give -r REPO, or set VARVE_REPO");
}

void add_global_options(CLI::App& app, GlobalOptions& options, Facts facts) {
  const std::string group = "Options of every command";
  app.add_option("-r,--repo", options.repository, "the repository's folder; default: $VARVE_REPO")
      ->option_text("REPO")
      ->group(group);
  if (facts == Facts::printed) {
    app.add_flag("--json", options.json, "print the result as JSON")->group(group);
  }
  app.add_flag("-q,--quiet", options.quiet, "print warnings and errors only")->group(group);
  app.add_flag("-v,--verbose", options.verbose, "say more, and where in the store an error is")
      ->group(group);
}

}  // namespace varve::cli
