// The kinds of restore behind `varve restore`, each with its plan, its question and its report.
// Each returns the exit status.
#pragma once

#include "tools/cli/command_line.h"
#include "tools/cli/restore_arguments.h"
#include "tools/cli/signals.h"
#include "tools/cli/snapshot_argument.h"

namespace varve::cli {

// What a restore works with.
struct RestoreSetting {
  CommandLine& line;
  Repository& repository;
  const RestoreArguments& arguments;
  const SignalStop& signals;
};

int restore_to_path(const RestoreSetting& setting, const SnapshotArgument& what);
int undo_path(const RestoreSetting& setting);

int restore_to_postgres(const RestoreSetting& setting, const SnapshotArgument& what);
int undo_postgres(const RestoreSetting& setting);

// Prints how to bring an RDB file into the running server that the target names.
int explain_redis(const RestoreSetting& setting, const SnapshotArgument& what);

// True where what is there may be replaced: --yes, a person who says so, or without a person
// --force. False where nobody was asked. Throws a failed Error where the answer is no.
bool may_replace(const RestoreSetting& setting, const std::string& question);

}  // namespace varve::cli
