#include "store/repair/repair_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "store/core/error.h"
#include "store/repository/broken_files.h"
#include "store/repository/record_files.h"

namespace varve {
namespace {

class RecordRepair {
 public:
  RecordRepair(Repository& repository, bool dry_run)
      : repository_(repository), blobs_(repository.blobs()), dry_run_(dry_run) {
    for (const BlobInfo& blob : blobs_.list(std::string(kAttestationPrefix))) {
      if (const auto id = snapshot_id_of(blob.name)) attestations_[*id].push_back(blob.name);
    }
  }

  MendedRecords run() {
    for (const SnapshotRow& row : repository_.catalog().snapshots()) {
      mend_record(row);
      mend_attestations(row);
    }
    return std::move(result_);
  }

 private:
  std::optional<Bytes> read(const std::string& name) {
    try {
      return read_record_file(blobs_, name);
    } catch (const Error& error) {
      if (!is_damage(error)) throw;
      return Bytes();  // a disk that gives nothing back is damage as well
    }
  }

  void mend_record(const SnapshotRow& row) {
    const std::string name = record_name(row.id);
    const std::optional<Bytes> stored = read(name);
    const bool is_sound = stored && decode_record_of(row.id, *stored);
    std::optional<Snapshot> copy = decode_record_of(row.id, row.record);
    if (!copy) {
      result_.hopeless.push_back(
          is_sound
              ? fmt::format("the catalog's copy of {} is damaged: 'varve repair catalog' makes "
                            "it anew",
                            name)
              : fmt::format("snapshot {} is lost: {} and the catalog's copy are damaged", row.name,
                            name));
      if (is_sound) copy = decode_record_of(row.id, *stored);
    } else if (!is_sound) {
      if (stored && !dry_run_) put_aside(blobs_, name);
      if (!write(row, name, row.record)) return;
      result_.mended.push_back(
          fmt::format("{}, the record of {}, was {}", name, row.name, stored ? "damaged" : "gone"));
    }
    if (copy) result_.snapshots.push_back(std::move(*copy));
  }

  void mend_attestations(const SnapshotRow& row) {
    std::vector<Bytes> sound;
    for (const std::string& name : attestations_[row.id]) {
      std::optional<Bytes> stored = read(name);
      if (!stored) continue;
      if (is_attestation_of(row.id, *stored)) {
        sound.push_back(std::move(*stored));
        continue;
      }
      if (!dry_run_) put_aside(blobs_, name);
      result_.mended.push_back(fmt::format("{}, about {}, was damaged", name, row.name));
    }
    for (const Bytes& document : row.attestations) {
      if (!is_attestation_of(row.id, document)) {
        result_.hopeless.push_back(
            fmt::format("the catalog's copy of an attestation of {} is damaged: 'varve repair "
                        "catalog' makes it anew",
                        row.name));
      } else if (std::ranges::find(sound, document) == sound.end()) {
        restore_attestation(row, document);
      }
    }
  }

  void restore_attestation(const SnapshotRow& row, ByteView document) {
    const std::string name = free_attestation_name(blobs_, row.id);
    if (!write(row, name, document)) return;
    result_.mended.push_back(fmt::format("{}, about {}, was gone", name, row.name));
  }

  // False where the snapshot was forgotten meanwhile: whoever did that did not see this file.
  bool write(const SnapshotRow& row, const std::string& name, ByteView bytes) {
    if (!dry_run_) write_record_file(blobs_, name, bytes);
    if (repository_.catalog().snapshot(row.id)) return true;
    if (!dry_run_) remove_record_files(blobs_, {row.id});
    return false;
  }

  Repository& repository_;
  BlobBackend& blobs_;
  const bool dry_run_;
  MendedRecords result_;
  std::map<SnapshotId, std::vector<std::string>> attestations_;  // names of blobs
};

}  // namespace

MendedRecords mend_records(Repository& repository, bool dry_run) {
  return RecordRepair(repository, dry_run).run();
}

}  // namespace varve
