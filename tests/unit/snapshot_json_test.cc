#include "fs/snapshot_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace varve {
namespace {

Snapshot example() {
  Snapshot snapshot;
  snapshot.id.bytes.fill(std::byte{0xab});
  snapshot.name = "2026-11-21T02-00-00Z";
  snapshot.time = {1'795'226'400};
  snapshot.host = "db1";
  snapshot.tags = {"nightly"};
  snapshot.sources.resize(1);
  snapshot.sources[0].name = "history.db";
  snapshot.sources[0].kind = "sqlite";
  snapshot.sources[0].location = "/srv/app/history.db";
  snapshot.sources[0].moment = {1'795'226'400};
  snapshot.sources[0].facts = {{"page_size", "4096"}};
  snapshot.files.resize(1);
  snapshot.files[0].path = "history.db";
  snapshot.files[0].size = 8192;
  snapshot.files[0].mode = 0640;
  snapshot.files[0].mtime = {1'795'226'399};
  snapshot.new_bytes = 4096;
  snapshot.added_bytes = 100;
  Attestation attestation;
  attestation.source = attestation.file = "history.db";
  attestation.level = "full";
  attestation.passed = true;
  attestation.time = {1'795'226'401};
  attestation.seconds = 0.5;
  attestation.program = "sqlite 3.40.1";
  attestation.row_counts = {{"users", 7}};
  attestation.sha256 = Sha256{};
  snapshot.attestations = {attestation};
  return snapshot;
}

TEST(SnapshotJson, SaysWhatTheSnapshotIs) {
  const std::string text = snapshot_json(example());
  EXPECT_EQ(text.back(), '\n');
  const auto expected = nlohmann::json::parse(R"({
    "name": "2026-11-21T02-00-00Z", "id": "abababababababababababababababab",
    "time": "2026-11-21T02:00:00Z", "host": "db1", "tags": ["nightly"],
    "sources": [{"name": "history.db", "kind": "sqlite", "location": "/srv/app/history.db",
      "moment": "2026-11-21T02:00:00Z", "facts": {"page_size": "4096"},
      "row_counts": {"users": 7}}],
    "files": [{"path": "history.db", "source": "history.db", "size": 8192, "mode": "0640",
      "mtime": "2026-11-21T01:59:59Z",
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000"}],
    "raw_bytes": 8192, "new_bytes": 4096, "added_bytes": 100, "verified": "full",
    "attestations": [{"source": "history.db", "level": "full", "passed": true,
      "time": "2026-11-21T02:00:01Z", "seconds": 0.5, "program": "sqlite 3.40.1", "detail": "",
      "file": "history.db", "row_counts": {"users": 7},
      "sha256": "0000000000000000000000000000000000000000000000000000000000000000"}]})");
  EXPECT_EQ(nlohmann::json::parse(text), expected);
}

TEST(SnapshotJson, BearsNamesThatAreNoUtf8) {
  Snapshot snapshot = example();
  snapshot.files[0].path = "caf\xe9.db";
  const auto json = nlohmann::json::parse(snapshot_json(snapshot));
  EXPECT_EQ(json["files"][0]["path"], "caf\uFFFD.db");
}

}  // namespace
}  // namespace varve
