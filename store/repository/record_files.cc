#include "store/repository/record_files.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

constexpr std::uint64_t kLargestDocument = 512u << 20;  // bytes

// The id at the front of `text`, and what follows it.
std::optional<SnapshotId> leading_id(std::string_view text) {
  if (text.size() < 2 * SnapshotId::size) return std::nullopt;
  const std::optional<Bytes> bytes = from_hex(text.substr(0, 2 * SnapshotId::size));
  if (!bytes) return std::nullopt;
  return SnapshotId::from(*bytes);
}

std::uint64_t remove_below(BlobBackend& blobs, std::string_view prefix,
                           const std::set<SnapshotId>& ids) {
  std::uint64_t freed = 0;
  for (const BlobInfo& blob : blobs.list(std::string(prefix))) {
    const std::optional<SnapshotId> id = snapshot_id_of(blob.name);
    if (id && ids.contains(*id) && blobs.remove(blob.name)) freed += blob.size;
  }
  return freed;
}

Bytes read_all(const Blob& blob) {
  if (blob.size() > kLargestDocument) return {};
  Bytes bytes(blob.size());
  blob.read_exact_at(0, bytes);
  return bytes;
}

std::optional<Bytes> try_read(const Blob& blob) {
  try {
    return read_all(blob);
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    return std::nullopt;
  }
}

bool is_sealed(ByteView bytes) {
  try {
    open_record(bytes, "record");
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return false;
  }
}

}  // namespace

std::optional<SnapshotId> snapshot_id_of(std::string_view blob_name) {
  std::optional<SnapshotId> id;
  if (blob_name.starts_with(kRecordPrefix)) {
    id = leading_id(blob_name.substr(kRecordPrefix.size()));
    if (id && record_name(*id) != blob_name) return std::nullopt;
  } else if (blob_name.starts_with(kAttestationPrefix)) {
    id = leading_id(blob_name.substr(kAttestationPrefix.size()));
    if (id && !blob_name.starts_with(attestation_prefix(*id))) return std::nullopt;
  }
  return id;
}

std::optional<Bytes> read_record_file(BlobBackend& blobs, const std::string& name) {
  std::unique_ptr<Blob> blob;
  std::optional<Bytes> bytes;
  try {
    blob = blobs.open(name);
    if (!blob) return std::nullopt;
    bytes = try_read(*blob);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    bytes.emplace();  // not even a file
  }
  if (bytes && is_sealed(*bytes)) return bytes;
  if (const std::unique_ptr<Blob> healed = blobs.open_healed(name)) {
    std::optional<Bytes> anew = try_read(*healed);
    if (anew && is_sealed(*anew)) return anew;
  }
  return bytes ? bytes : read_all(*blob);
}

std::optional<Snapshot> decode_record_of(const SnapshotId& id, ByteView record) {
  try {
    Snapshot snapshot = decode_record(record);
    if (snapshot.id == id) return snapshot;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
  }
  return std::nullopt;
}

bool is_attestation_of(const SnapshotId& id, ByteView document) {
  try {
    decode_attestations(document, id);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return false;
  }
}

void write_record_file(BlobBackend& blobs, const std::string& name, ByteView bytes) {
  const std::unique_ptr<BlobWriter> blob = blobs.create(name);
  blob->append(bytes);
  blob->commit();
}

std::string free_attestation_name(BlobBackend& blobs, const SnapshotId& id) {
  const std::string prefix = attestation_prefix(id);
  std::size_t number = 1;
  while (blobs.open(fmt::format("{}{}", prefix, number))) ++number;
  return fmt::format("{}{}", prefix, number);
}

std::uint64_t remove_record_files(BlobBackend& blobs, const std::set<SnapshotId>& ids) {
  if (ids.empty()) return 0;
  return remove_below(blobs, kAttestationPrefix, ids) + remove_below(blobs, kRecordPrefix, ids);
}

}  // namespace varve
