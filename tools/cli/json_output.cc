#include "tools/cli/json_output.h"

#include <nlohmann/json.hpp>

#include "tools/cli/json_text.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;

Json names_of_sources(const Snapshot& snapshot) {
  Json names = Json::array();
  for (const SourceInfo& source : snapshot.sources) names.push_back(source.name);
  return names;
}

// What every document says of a snapshot, up to "files".
Json head_of(const Snapshot& snapshot) {
  return {{"name", snapshot.name},
          {"id", to_hex(snapshot.id.view())},
          {"time", to_iso(snapshot.time)},
          {"host", snapshot.host},
          {"sources", names_of_sources(snapshot)},
          {"tags", snapshot.tags},
          {"files", snapshot.count(FileType::file)},
          {"raw_bytes", snapshot.raw_bytes()}};
}

Json summary_of(const Snapshot& snapshot) {
  Json json = head_of(snapshot);
  json["added_bytes"] = snapshot.added_bytes;
  json["verified"] = snapshot.verified();
  return json;
}

Json json_of(const std::vector<Assertion>& assertions) {
  Json list = Json::array();
  for (const auto& [sql, passed, detail] : assertions) {
    list.push_back({{"sql", sql}, {"passed", passed}, {"detail", detail}});
  }
  return list;
}

Json json_of(const Attestation& attestation) {
  return {{"source", attestation.source},
          {"level", attestation.level},
          {"passed", attestation.passed},
          {"time", to_iso(attestation.time)},
          {"seconds", attestation.seconds},
          {"program", attestation.program},
          {"detail", attestation.detail},
          {"row_counts", attestation.row_counts},
          {"restore_seconds", attestation.restore_seconds},
          {"assertions", json_of(attestation.assertions)},
          {"taken_from", attestation.taken_from}};
}

const char* type_of(const FileEntry& file) {
  switch (file.type) {
    case FileType::folder:
      return "folder";
    case FileType::link:
      return "link";
    case FileType::file:
      break;
  }
  return "file";
}

Json json_of(const Snapshot& snapshot, const FileEntry& file) {
  const std::string& source = snapshot.sources.at(file.source).name;
  Json json = {{"path", file.path},
               {"raw_bytes", file.size},
               {"time", to_iso(file.mtime)},
               {"source", source},
               {"verified", snapshot.verified(source)},
               {"sha256", nullptr},
               {"type", type_of(file)}};
  if (file.type == FileType::link) json["target"] = file.target;
  if (const auto hash = snapshot.sha256_of(file.path)) json["sha256"] = to_hex(hash->view());
  return json;
}

Json name_of(const std::optional<Snapshot>& snapshot) {
  return snapshot ? Json(snapshot->name) : Json();
}

Json json_of(const ObjectTotals& totals) {
  return {{"count", totals.count},
          {"raw_bytes", totals.raw_bytes},
          {"stored_bytes", totals.stored_bytes},
          {"header_bytes", totals.header_bytes}};
}

Json json_of(const std::optional<Drill>& drill) {
  if (!drill) return nullptr;
  return {{"source", drill->source},
          {"snapshot", drill->snapshot},
          {"time", to_iso(drill->time)},
          {"restore_seconds", drill->restore_seconds}};
}

Json json_of(const OldBackup& backup) {
  return {{"file", backup.path.filename().native()},
          {"source", backup.source},
          {"kind", std::string(kind_of(backup.content))},
          {"time", to_iso(backup.time)},
          {"packing", backup.packing},
          {"disk_bytes", backup.size}};
}

Json json_of(const std::vector<ImportPlan::Remark>& remarks) {
  Json list = Json::array();
  for (const auto& [path, words] : remarks) {
    list.push_back({{"file", path.filename().native()}, {"reason", words}});
  }
  return list;
}

}  // namespace

std::string init_json(const Path& repository) {
  return json_text({{"repository", repository.native()}});
}

std::string snapshots_json(const std::vector<Snapshot>& snapshots) {
  Json list = Json::array();
  for (const Snapshot& snapshot : snapshots) list.push_back(summary_of(snapshot));
  return json_text({{"snapshots", list}});
}

std::string snapshot_files_json(const Snapshot& snapshot) {
  Json files = Json::array();
  for (const FileEntry& file : snapshot.files) files.push_back(json_of(snapshot, file));
  Json attestations = Json::array();
  for (const Attestation& attestation : snapshot.attestations) {
    attestations.push_back(json_of(attestation));
  }
  return json_text(
      {{"snapshot", summary_of(snapshot)}, {"files", files}, {"attestations", attestations}});
}

std::string ingest_json(const IngestReport& report) {
  const IngestResult& result = report.result;
  Json json = head_of(result.snapshot);
  json["read_bytes"] = result.bytes_read;
  json["new_bytes"] = result.unchanged ? 0 : result.snapshot.new_bytes;
  json["added_bytes"] = result.unchanged ? 0 : result.snapshot.added_bytes;
  json["seconds"] = result.seconds;
  json["verified"] = result.snapshot.verified();
  json["verify_seconds"] = report.verify_seconds;
  json["unchanged"] = result.unchanged;
  json["warnings"] = report.warnings;
  return json_text(json);
}

std::string restore_json(const Snapshot& snapshot, const PathRestoreResult& result) {
  const RestoreResult& restored = result.restored;
  Json files = Json::array();
  for (const RestoredFile& file : restored.files) {
    files.push_back({{"path", file.path},
                     {"target", file.target.native()},
                     {"raw_bytes", file.size},
                     {"sha256_checked", file.hash_checked}});
  }
  Json databases = Json::array();
  for (const DatabaseResult& database : result.databases) {
    databases.push_back({{"target", database.target.native()},
                         {"check", *database.check == VerifyLevel::full ? "full" : "quick"},
                         {"passed", database.faults.empty()},
                         {"tables", database.tables},
                         {"rows", database.rows},
                         {"rows_compared", database.rows_compared},
                         {"faults", database.faults},
                         {"seconds", database.seconds}});
  }
  return json_text({{"name", snapshot.name},
                    {"files", files},
                    {"raw_bytes", restored.raw_bytes},
                    {"seconds", restored.seconds},
                    {"databases", databases},
                    {"safety", name_of(result.safety)},
                    {"warnings", result.warnings}});
}

std::string restore_plan_json(const Snapshot& snapshot, const PathPlan& plan) {
  Json files = Json::array();
  for (const PlannedFile& file : plan.files) {
    Json companions = Json::array();
    for (const Path& companion : file.companions) companions.push_back(companion.native());
    files.push_back({{"path", file.entry->path},
                     {"target", file.target.native()},
                     {"raw_bytes", file.entry->size},
                     {"replaces", file.replaces()},
                     {"removes", companions}});
  }
  return json_text({{"name", snapshot.name}, {"files", files}, {"dry_run", true}});
}

std::string undo_json(const UndoPlan& plan, const UndoResult& result, bool dry_run) {
  Json files = Json::array();
  for (const UndoPlan::Group& group : plan.groups) files.push_back(group.target.native());
  return json_text({{"name", plan.safety.snapshot.name},
                    {"files", files},
                    {"safety", name_of(result.safety)},
                    {"warnings", dry_run ? plan.warnings : result.warnings},
                    {"dry_run", dry_run}});
}

std::string postgres_plan_json(const Snapshot& snapshot, const PostgresRestoreRequest& request,
                               const std::string& location, bool replaces,
                               const std::vector<std::string>& changed_roles) {
  return json_text({{"name", snapshot.name},
                    {"path", request.dump.path},
                    {"selection", request.dump.selection},
                    {"database", location},
                    {"replaces", replaces},
                    {"changes_roles", changed_roles},
                    {"dry_run", true}});
}

std::string postgres_restore_json(const Snapshot& snapshot, const PostgresRestoreRequest& request,
                                  const std::string& location,
                                  const PostgresRestoreResult& result) {
  return json_text({{"name", snapshot.name},
                    {"path", request.dump.path},
                    {"selection", request.dump.selection},
                    {"database", location},
                    {"row_counts", result.rows},
                    {"seconds", result.seconds},
                    {"kept", result.kept.empty() ? Json() : Json(result.kept)},
                    {"safety", name_of(result.safety)},
                    {"notes", result.notes},
                    {"warnings", result.warnings}});
}

std::string postgres_undo_json(const std::string& kept, const std::string& location,
                               const std::string& aside, bool dry_run) {
  return json_text({{"database", location},
                    {"was", kept},
                    {"kept", aside.empty() ? Json() : Json(aside)},
                    {"dry_run", dry_run}});
}

std::string check_json(const CheckResult& result) {
  Json damage = Json::array();
  for (const Damage& one : result.damage) {
    damage.push_back({{"what", one.what}, {"files", one.files}, {"mendable", one.is_mendable}});
  }
  return json_text({{"snapshots", result.snapshots},
                    {"chunks", result.chunks},
                    {"read_chunks", result.read_chunks},
                    {"raw_bytes", result.raw_bytes},
                    {"seconds", result.seconds},
                    {"mended", result.mended},
                    {"damage", damage}});
}

std::string import_json(const ImportReport& report) {
  Json taken = Json::array();
  for (const auto& [backup, snapshot] : report.taken) {
    Json one = json_of(backup);
    one.update({{"snapshot", snapshot.name},
                {"files", snapshot.files.size()},
                {"raw_bytes", snapshot.raw_bytes()},
                {"added_bytes", snapshot.added_bytes},
                {"verified", snapshot.verified()}});
    taken.push_back(std::move(one));
  }
  Json present = Json::array();
  for (const auto& [backup, known] : report.present) {
    Json one = json_of(backup);
    one.update({{"snapshot", known.snapshot}, {"imported_from", known.location}});
    present.push_back(std::move(one));
  }
  Json older = Json::array();
  for (const OldBackup& backup : report.older) older.push_back(json_of(backup));
  return json_text({{"imported", taken},
                    {"present", present},
                    {"older", older},
                    {"notes", report.notes},
                    {"passed_over", json_of(report.passed_over)},
                    {"failed", json_of(report.failed)},
                    {"disk_bytes", report.disk_bytes()},
                    {"raw_bytes", report.raw_bytes()},
                    {"added_bytes", report.added_bytes()},
                    {"folder_disk_bytes", report.folder_disk_bytes()},
                    {"folder_added_bytes", report.folder_added_bytes()},
                    {"dry_run", report.dry_run}});
}

std::string forget_json(const std::vector<RetentionDecision>& decisions, bool dry_run) {
  Json kept = Json::array();
  Json removed = Json::array();
  for (const RetentionDecision& decision : decisions) {
    if (decision.keep) {
      kept.push_back({{"name", decision.name}, {"reasons", decision.reasons}});
    } else {
      removed.push_back({{"name", decision.name}});
    }
  }
  return json_text({{"kept", kept}, {"removed", removed}, {"dry_run", dry_run}});
}

std::string gc_json(const GcResult& result, bool dry_run) {
  return json_text({{"live_chunks", result.live_chunks},
                    {"live_bytes", result.live_bytes},
                    {"garbage_bytes", result.garbage_bytes},
                    {"freed_bytes", result.freed_bytes},
                    {"kept_garbage_bytes", result.kept_garbage_bytes},
                    {"waiting_bytes", result.waiting_bytes},
                    {"packs_deleted", result.packs_deleted},
                    {"packs_rewritten", result.packs_rewritten},
                    {"held_up", result.is_held_up},
                    {"seconds", result.seconds},
                    {"dry_run", dry_run}});
}

std::string stats_json(const Stats& stats) {
  return json_text({{"snapshots", stats.snapshots},
                    {"raw_bytes", stats.raw_bytes},
                    {"stored_bytes", stats.stored_bytes},
                    {"ratio", stats.ratio()},
                    {"chunks", json_of(stats.chunks)},
                    {"manifests", json_of(stats.manifests)},
                    {"pack_overhead_bytes", stats.pack_overhead_bytes},
                    {"catalog_bytes", stats.catalog_bytes},
                    {"records_bytes", stats.records_bytes},
                    {"parity_bytes", stats.parity_bytes},
                    {"cache_bytes", stats.cache_bytes},
                    {"garbage_bytes", stats.garbage_bytes},
                    {"verified", stats.verified},
                    {"last_drill", json_of(stats.last_drill)}});
}

}  // namespace varve::cli
