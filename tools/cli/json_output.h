// The results of the commands as JSON documents. Field names and their order are part of what
// varve promises to scripts; sizes are bytes, times are text in UTC. Bytes that are no UTF-8 (in a
// file's name) come as U+FFFD.
#pragma once

#include <string>
#include <vector>

#include "store/check/check.h"
#include "store/gc/gc.h"
#include "store/gc/stats.h"
#include "store/snapshots/retention.h"
#include "store/snapshots/snapshot.h"
#include "tools/cli/import_report.h"
#include "tools/cli/ingest_report.h"
#include "tools/restore/path_restore.h"
#include "tools/restore/path_undo.h"
#include "tools/restore/postgres_restore.h"

namespace varve::cli {

std::string snapshots_json(const std::vector<Snapshot>& snapshots);
std::string snapshot_files_json(const Snapshot& snapshot);
std::string ingest_json(const IngestReport& report);
std::string import_json(const ImportReport& report);
std::string restore_json(const Snapshot& snapshot, const PathRestoreResult& result);
std::string restore_plan_json(const Snapshot& snapshot, const PathPlan& plan);
std::string undo_json(const UndoPlan& plan, const UndoResult& result, bool dry_run);
std::string postgres_plan_json(const Snapshot& snapshot, const PostgresRestoreRequest& request,
                               const std::string& location, bool replaces,
                               const std::vector<std::string>& changed_roles);
std::string postgres_restore_json(const Snapshot& snapshot, const PostgresRestoreRequest& request,
                                  const std::string& location, const PostgresRestoreResult& result);
std::string postgres_undo_json(const std::string& kept, const std::string& location,
                               const std::string& aside, bool dry_run);
std::string check_json(const CheckResult& result);
std::string forget_json(const std::vector<RetentionDecision>& decisions, bool dry_run);
std::string gc_json(const GcResult& result, bool dry_run);
std::string stats_json(const Stats& stats);
std::string init_json(const Path& repository);

}  // namespace varve::cli
