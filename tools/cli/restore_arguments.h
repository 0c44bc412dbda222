// What `varve restore` was asked for.
#pragma once

#include <string>
#include <vector>

namespace varve::cli {

struct RestoreArguments {
  std::string what;
  std::string target;
  std::string undo;  // a target; instead of both above
  bool force = false;
  bool yes = false;
  bool dry_run = false;
  bool no_safety = false;
  std::string check;  // "", "none", "quick", "full"
  // PostgreSQL
  std::vector<std::string> tables;
  bool schema_only = false;
  bool data_only = false;
  bool globals = false;
  unsigned jobs = 0;  // 0: as many as there are cores

  bool selects() const { return !tables.empty() || schema_only || data_only; }
};

}  // namespace varve::cli
