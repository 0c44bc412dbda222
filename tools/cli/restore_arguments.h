// What `varve restore` was asked for.
#pragma once

#include <string>

#include "tools/restore/postgres_load.h"

namespace varve::cli {

struct RestoreArguments {
  std::string what;
  std::string target;
  std::string undo;  // a target; `what` is a safety snapshot then, or empty
  bool force = false;
  bool yes = false;
  bool dry_run = false;
  bool no_safety = false;
  std::string check;  // "", "none", "quick", "full"
  // PostgreSQL
  PostgresLoad load = {.tables = {}, .jobs = 0};  // no number of jobs: as many as there are cores
  bool globals = false;
};

}  // namespace varve::cli
