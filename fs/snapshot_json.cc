#include "fs/snapshot_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace varve {
namespace {

using Json = nlohmann::ordered_json;

// As the source counted them, else by the newest attestation that did.
Json row_counts(const Snapshot& snapshot, const SourceInfo& source) {
  Json counts = source.row_counts;
  if (!source.row_counts.empty()) return counts;
  counts = Json::object();
  for (const Attestation& attestation : snapshot.attestations) {
    if (attestation.source == source.name && !attestation.row_counts.empty()) {
      counts = attestation.row_counts;
    }
  }
  return counts;
}

Json source_json(const Snapshot& snapshot, const SourceInfo& source) {
  return {{"name", source.name},         {"kind", source.kind},
          {"location", source.location}, {"moment", to_iso(source.moment)},
          {"facts", source.facts},       {"row_counts", row_counts(snapshot, source)}};
}

Json file_json(const Snapshot& snapshot, const FileEntry& file) {
  Json json = {{"path", file.path},
               {"source", file.source < snapshot.sources.size() ? snapshot.sources[file.source].name
                                                                : std::string()},
               {"size", file.size},
               {"mode", fmt::format("{:04o}", file.mode)},
               {"mtime", to_iso(file.mtime)}};
  if (file.type == FileType::folder) json["type"] = "folder";
  if (file.type == FileType::link) json.update({{"type", "link"}, {"target", file.target}});
  if (file.owner) json.update({{"uid", file.owner->uid}, {"gid", file.owner->gid}});
  if (!file.format.empty()) json["format"] = file.format;
  if (!file.facts.empty()) json["facts"] = file.facts;
  if (const auto sha256 = snapshot.sha256_of(file.path)) json["sha256"] = to_hex(sha256->view());
  return json;
}

Json attestation_json(const Attestation& attestation) {
  Json json = {{"source", attestation.source},   {"level", attestation.level},
               {"passed", attestation.passed},   {"time", to_iso(attestation.time)},
               {"seconds", attestation.seconds}, {"program", attestation.program},
               {"detail", attestation.detail},   {"file", attestation.file}};
  if (attestation.sha256) json["sha256"] = to_hex(attestation.sha256->view());
  json["row_counts"] = attestation.row_counts;
  if (attestation.restore_seconds > 0) json["restore_seconds"] = attestation.restore_seconds;
  for (const Assertion& assertion : attestation.assertions) {
    json["assertions"].push_back(
        {{"sql", assertion.sql}, {"passed", assertion.passed}, {"detail", assertion.detail}});
  }
  if (!attestation.taken_from.empty()) json["taken_from"] = attestation.taken_from;
  return json;
}

}  // namespace

std::string snapshot_json(const Snapshot& snapshot) {
  Json json = {{"name", snapshot.name},
               {"id", to_hex(snapshot.id.view())},
               {"time", to_iso(snapshot.time)},
               {"host", snapshot.host},
               {"tags", snapshot.tags}};
  json["sources"] = Json::array();
  for (const SourceInfo& source : snapshot.sources) {
    json["sources"].push_back(source_json(snapshot, source));
  }
  json["files"] = Json::array();
  for (const FileEntry& file : snapshot.files) {
    json["files"].push_back(file_json(snapshot, file));
  }
  json["raw_bytes"] = snapshot.raw_bytes();
  json["new_bytes"] = snapshot.new_bytes;
  json["added_bytes"] = snapshot.added_bytes;
  json["verified"] = snapshot.verified();
  json["attestations"] = Json::array();
  for (const Attestation& attestation : snapshot.attestations) {
    json["attestations"].push_back(attestation_json(attestation));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace varve
