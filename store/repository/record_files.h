// The blobs of snapshot records and attestations: whose they are, reading them, writing them,
// taking them away.
//
// Thread-safe as BlobBackend is.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "store/repository/repository.h"

namespace varve {

inline constexpr std::string_view kRecordPrefix = "snapshots/";
inline constexpr std::string_view kAttestationPrefix = "attestations/";

// The snapshot that a record or an attestation belongs to; nothing for other names.
std::optional<SnapshotId> snapshot_id_of(std::string_view blob_name);

// All bytes of a record or attestation, healed where parity can; what is still damaged its decoder
// refuses, and one that is larger than any of them reads as empty, which is damage. Nothing where
// there is no such blob. Throws what the disk says, where nothing heals it.
std::optional<Bytes> read_record_file(BlobBackend& blobs, const std::string& name);

// The snapshot, where `record` is a sound record of it…
std::optional<Snapshot> decode_record_of(const SnapshotId& id, ByteView record);
// …and whether `document` is a sound one about it.
bool is_attestation_of(const SnapshotId& id, ByteView document);

// Durable when it returns.
void write_record_file(BlobBackend& blobs, const std::string& name, ByteView bytes);
// The first that no blob has. Whoever writes it must be alone with that.
std::string free_attestation_name(BlobBackend& blobs, const SnapshotId& id);

// Removes the records and attestations of these snapshots, attestations first, so that none is
// left whose record is gone. Returns the bytes given back.
std::uint64_t remove_record_files(BlobBackend& blobs, const std::set<SnapshotId>& ids);

}  // namespace varve
