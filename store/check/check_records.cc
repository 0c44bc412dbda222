#include "store/check/check_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "store/repository/record_files.h"

namespace varve {
namespace {

class Records {
 public:
  Records(Repository& repository, Findings& findings)
      : repository_(repository), rows_(repository.catalog().snapshots()), findings_(findings) {
    // After the rows: a blob is there before its row is.
    for (const BlobInfo& blob : repository.blobs().list(std::string(kAttestationPrefix))) {
      if (const auto id = snapshot_id_of(blob.name)) attestations_[*id].push_back(blob.name);
    }
  }

  std::vector<Snapshot> check() {
    std::vector<Snapshot> snapshots;
    for (const SnapshotRow& row : rows_) {
      std::optional<Snapshot> snapshot = check_record(row);
      check_attestations(row, snapshot);
      if (snapshot) snapshots.push_back(std::move(*snapshot));
    }
    return snapshots;
  }

 private:
  std::optional<Snapshot> check_record(const SnapshotRow& row) {
    const std::optional<Bytes> stored = read_record_file(repository_.blobs(), record_name(row.id));
    std::optional<Snapshot> snapshot = decode_record_of(row.id, row.record);
    const bool in_catalog = snapshot.has_value();
    if (!in_catalog) findings_.blame_catalog();
    if (!snapshot && stored) snapshot = decode_record_of(row.id, *stored);
    if (!stored) {
      note(row, snapshot, fmt::format("{} is missing", record_name(row.id)));
    } else if (!decode_record_of(row.id, *stored)) {
      note(row, snapshot, fmt::format("{} is damaged", record_name(row.id)));
    } else if (*stored != row.record) {
      note(row, snapshot,
           in_catalog ? fmt::format("{} is not what the catalog has", record_name(row.id))
                      : "the catalog's copy of its record is damaged");
    }
    return snapshot;
  }

  void check_attestations(const SnapshotRow& row, const std::optional<Snapshot>& snapshot) {
    std::vector<Bytes> stored;
    for (const std::string& name : attestations_[row.id]) {
      std::optional<Bytes> bytes = read_record_file(repository_.blobs(), name);
      if (!bytes) continue;
      if (!is_attestation_of(row.id, *bytes)) {
        note(row, snapshot, fmt::format("{} is damaged", name));
      }
      stored.push_back(std::move(*bytes));
    }
    for (const Bytes& attestation : row.attestations) {
      if (!is_attestation_of(row.id, attestation)) {
        findings_.blame_catalog();
        note(row, snapshot, "the catalog's copy of an attestation is damaged");
      } else if (std::find(stored.begin(), stored.end(), attestation) == stored.end()) {
        note(row, snapshot,
             fmt::format("{}… lacks an attestation that the catalog has",
                         attestation_prefix(row.id)));
      }
    }
  }

  // Unless the snapshot was forgotten since.
  void note(const SnapshotRow& row, const std::optional<Snapshot>& snapshot,
            const std::string& what) {
    if (!repository_.catalog().snapshot(row.id)) return;
    std::vector<std::string> files;
    if (snapshot) {
      for (const FileEntry& file : snapshot->files) files.push_back(row.name + ":" + file.path);
    }
    findings_.add(fmt::format("snapshot {}: {}", row.name, what), std::move(files));
  }

  Repository& repository_;
  const std::vector<SnapshotRow> rows_;
  Findings& findings_;
  std::map<SnapshotId, std::vector<std::string>> attestations_;  // names of blobs
};

}  // namespace

std::vector<Snapshot> check_records(Repository& repository, Findings& findings) {
  return Records(repository, findings).check();
}

}  // namespace varve
