// The blobs of snapshot records and attestations: whose they are, and taking them away.
//
// Thread-safe as BlobBackend is.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "store/repository.h"

namespace varve {

inline constexpr std::string_view kRecordPrefix = "snapshots/";
inline constexpr std::string_view kAttestationPrefix = "attestations/";

// The snapshot that a record or an attestation belongs to; nothing for other names.
std::optional<SnapshotId> snapshot_id_of(std::string_view blob_name);

// A record or an attestation; nothing where it is absent. One that is larger than any of them reads
// as empty, which is damage.
std::optional<Bytes> read_document(BlobBackend& blobs, const std::string& name);

// Removes the records and attestations of these snapshots, attestations first, so that none is
// left whose record is gone. Returns the bytes given back.
std::uint64_t remove_record_files(BlobBackend& blobs, const std::set<SnapshotId>& ids);

}  // namespace varve
