// The options that every command takes.
#pragma once

#include <string>

#include "store/core/file.h"

namespace CLI {
class App;
}

namespace varve::cli {

struct GlobalOptions {
  std::string repository;  // empty: VARVE_REPO
  bool json = false;
  bool quiet = false;
  bool verbose = false;

  // What -r or VARVE_REPO says. Throws a usage Error where neither does.
  Path repository_path() const;
};

enum class Facts { none, printed };  // a command without facts has no --json

void add_global_options(CLI::App& app, GlobalOptions& options, Facts facts);

}  // namespace varve::cli
