// What `varve recover-rows` found and did, for people and for scripts.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/recovery.h"

namespace varve::cli {

struct RecoveryReport {
  std::string snapshot;  // names
  std::string path;
  std::string target;  // without secrets
  bool is_applied = false;
  std::string safety_snapshot = {};  // empty: none was taken
  std::vector<TableRecovery> tables = {};
  std::vector<std::pair<std::string, RecoveredRow>> rows =
      {};  // by table, where they are to be shown
};

// "35 rows of users are missing, 3 differ"
std::string found_text(const TableRecovery& table);
// What a person should know before anything is done, and what needs a look (exit status 3): one
// line each.
std::vector<std::string> notes_of(const RecoveryReport& report);
std::vector<std::string> warnings_of(const RecoveryReport& report);
// Of one table the rows that would refer to nothing: the part of warnings_of() that stands against
// applying.
std::vector<std::string> orphans_text(const TableRecovery& table);
// After apply: rows that were written in vain, a warning for each table.
std::vector<std::string> passed_over_of(const RecoveryReport& report);
std::string done_text(const RecoveryReport& report);
std::string recovery_json(const RecoveryReport& report);

}  // namespace varve::cli
