#include "store/repair_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "store/broken_files.h"
#include "store/core/error.h"
#include "store/record_files.h"

namespace varve {
namespace {

// What it decodes to, if it is a sound one of this snapshot.
template <class Decode>
auto try_decode(const Decode& decode) -> std::optional<decltype(decode())> {
  try {
    return decode();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt && error.code() != ErrorCode::io) throw;
    return std::nullopt;
  }
}

std::optional<Snapshot> snapshot_in(ByteView record, const SnapshotId& id) {
  std::optional<Snapshot> snapshot = try_decode([&] { return decode_record(record); });
  if (snapshot && snapshot->id != id) snapshot.reset();
  return snapshot;
}

bool is_attestation(ByteView document, const SnapshotId& id) {
  return try_decode([&] { return decode_attestations(document, id); }).has_value();
}

class Mending {
 public:
  Mending(Repository& repository, bool dry_run)
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
    const auto bytes = try_decode([&] { return read_record_file(blobs_, name); });
    // A disk that gives nothing back is damage as well.
    return bytes ? *bytes : Bytes();
  }

  void write(const std::string& name, ByteView bytes) {
    const std::unique_ptr<BlobWriter> writer = blobs_.create(name);
    writer->append(bytes);
    writer->commit();
  }

  void mend_record(const SnapshotRow& row) {
    const std::string name = record_name(row.id);
    const std::optional<Bytes> stored = read(name);
    const bool is_sound = stored && snapshot_in(*stored, row.id);
    std::optional<Snapshot> copy = snapshot_in(row.record, row.id);
    if (!copy) {
      result_.hopeless.push_back(
          is_sound
              ? fmt::format("the catalog's copy of {} is damaged: 'varve repair catalog' makes "
                            "it anew",
                            name)
              : fmt::format("snapshot {} is lost: {} and the catalog's copy are damaged", row.name,
                            name));
      if (is_sound) copy = snapshot_in(*stored, row.id);
    } else if (!is_sound) {
      if (!dry_run_) {
        if (stored) put_aside(blobs_, name);
        write(name, row.record);
      }
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
      if (is_attestation(*stored, row.id)) {
        sound.push_back(std::move(*stored));
        continue;
      }
      if (!dry_run_) put_aside(blobs_, name);
      result_.mended.push_back(fmt::format("{}, about {}, was damaged", name, row.name));
    }
    for (const Bytes& document : row.attestations) {
      if (!is_attestation(document, row.id)) {
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
    std::size_t number = 1;
    const std::string prefix = attestation_prefix(row.id);
    while (blobs_.open(fmt::format("{}{}", prefix, number))) ++number;
    const std::string name = fmt::format("{}{}", prefix, number);
    if (!dry_run_) write(name, document);
    result_.mended.push_back(fmt::format("{}, about {}, was gone", name, row.name));
  }

  Repository& repository_;
  BlobBackend& blobs_;
  const bool dry_run_;
  MendedRecords result_;
  std::map<SnapshotId, std::vector<std::string>> attestations_;  // names of blobs
};

}  // namespace

MendedRecords mend_records(Repository& repository, bool dry_run) {
  return Mending(repository, dry_run).run();
}

}  // namespace varve
