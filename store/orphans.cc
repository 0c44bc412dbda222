#include "store/orphans.h"

#include <algorithm>

#include "store/blob/parity_backend.h"
#include "store/pack_files.h"
#include "store/record_files.h"
#include "store/session.h"

namespace varve {
namespace {

std::set<SnapshotId> ids_in_catalog(Catalog& catalog) {
  std::set<SnapshotId> ids;
  for (const SnapshotRow& row : catalog.snapshots()) ids.insert(row.id);
  return ids;
}

enum class Dropped : bool { without, with };

std::set<PackId> packs_in_catalog(Catalog& catalog, Dropped dropped) {
  std::set<PackId> ids;
  for (const PackRow& row : catalog.packs()) {
    if (!row.dropped || dropped == Dropped::with) ids.insert(row.id);
  }
  return ids;
}

std::vector<BlobInfo> list_records(BlobBackend& blobs) {
  std::vector<BlobInfo> records = blobs.list(std::string(kRecordPrefix));
  std::vector<BlobInfo> attestations = blobs.list(std::string(kAttestationPrefix));
  records.insert(records.end(), attestations.begin(), attestations.end());
  return records;
}

// Whether all that the catalog knows is there. `listed` are names of blobs; what came after the
// listing is looked for by itself.
bool are_all_there(Repository& repository, const std::set<std::string>& listed) {
  const auto is_there = [&](const std::string& name) {
    return listed.contains(name) || repository.blobs().open(name) != nullptr;
  };
  return std::ranges::all_of(packs_in_catalog(repository.catalog(), Dropped::without),
                             [&](const PackId& id) { return is_there(pack_name(id)); }) &&
         std::ranges::all_of(ids_in_catalog(repository.catalog()),
                             [&](const SnapshotId& id) { return is_there(record_name(id)); });
}

}  // namespace

Orphans find_orphans(Repository& repository) {
  const std::vector<PackFile> packs = list_pack_files(repository.blobs());
  const std::vector<BlobInfo> records = list_records(repository.blobs());
  std::set<SnapshotId> known = ids_in_catalog(repository.catalog());
  if (!running_ingests(repository).empty()) return {};
  known.merge(ids_in_catalog(repository.catalog()));
  const std::set<PackId> known_packs = packs_in_catalog(repository.catalog(), Dropped::with);
  std::set<std::string> listed;
  for (const PackFile& pack : packs) listed.insert(pack_name(pack.id));
  for (const BlobInfo& blob : records) listed.insert(blob.name);
  if (!are_all_there(repository, listed)) return {};

  Orphans orphans;
  for (const PackFile& pack : packs) {
    if (known_packs.contains(pack.id)) continue;
    orphans.packs.push_back({pack_name(pack.id), pack.size});
    orphans.pack_bytes += pack.size;
  }
  for (const BlobInfo& blob : records) {
    const std::optional<SnapshotId> id = snapshot_id_of(blob.name);
    if (!id || known.contains(*id)) continue;
    orphans.records.insert(*id);
    orphans.record_bytes += blob.size;
  }
  return orphans;
}

std::vector<BlobInfo> find_leftover_sidecars(Repository& repository) {
  if (repository.parity() == nullptr) return {};
  std::vector<BlobInfo> sidecars = repository.parity()->sidecars();
  std::set<std::string> blobs;  // after the sidecars
  for (const char* prefix : {"packs/", "snapshots/", "attestations/"}) {
    for (BlobInfo& blob : repository.blobs().list(prefix)) blobs.insert(std::move(blob.name));
  }
  const std::set<PackId> packs = packs_in_catalog(repository.catalog(), Dropped::with);
  const std::set<SnapshotId> snapshots = ids_in_catalog(repository.catalog());
  std::erase_if(sidecars, [&](const BlobInfo& sidecar) {
    const std::optional<PackId> pack = pack_id_of(sidecar.name);
    const std::optional<SnapshotId> snapshot = snapshot_id_of(sidecar.name);
    return blobs.contains(sidecar.name) || (pack && packs.contains(*pack)) ||
           (snapshot && snapshots.contains(*snapshot));
  });
  return sidecars;
}

}  // namespace varve
