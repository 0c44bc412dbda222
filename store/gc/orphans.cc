#include "store/gc/orphans.h"

#include <algorithm>
#include <optional>

#include "store/blob/parity_backend.h"
#include "store/repository/pack_files.h"
#include "store/repository/record_files.h"
#include "store/repository/session.h"

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

struct Files {
  std::vector<PackFile> packs;
  std::vector<BlobInfo> records;  // attestations too
};

Files list_files(BlobBackend& blobs) { return {list_pack_files(blobs), list_records(blobs)}; }

// Names of files that neither `names` nor the catalog has.
std::vector<std::string> strangers(Repository& repository, const Files& files,
                                   const TrailNames& names) {
  const std::set<PackId> packs = packs_in_catalog(repository.catalog(), Dropped::with);
  const std::set<SnapshotId> snapshots = ids_in_catalog(repository.catalog());
  std::vector<std::string> found;
  for (const PackFile& file : files.packs) {
    if (packs.contains(file.id) || names.packs.contains(file.id)) continue;
    found.push_back(pack_name(file.id));
  }
  for (const BlobInfo& file : files.records) {
    if (!file.name.starts_with(kRecordPrefix)) continue;  // attestations hold nothing by themselves
    const std::optional<SnapshotId> id = snapshot_id_of(file.name);
    if (!id || snapshots.contains(*id) || names.snapshots.contains(*id)) continue;
    found.push_back(file.name);
  }
  return found;
}

}  // namespace

Leftovers find_leftovers(Repository& repository) {
  Leftovers left;
  left.done = DeadTrail::find_all(repository.path());
  const Files files = list_files(repository.blobs());  // a dead command makes nothing more
  TrailNames names;
  for (const DeadTrail& trail : left.done) names.add(trail.names());
  std::set<SnapshotId> known = ids_in_catalog(repository.catalog());
  const bool ingests_run = !running_ingests(repository).empty();
  known.merge(ids_in_catalog(repository.catalog()));
  const std::set<PackId> known_packs = packs_in_catalog(repository.catalog(), Dropped::with);

  for (const PackFile& pack : files.packs) {
    if (known_packs.contains(pack.id) || !names.packs.contains(pack.id)) continue;
    left.packs.push_back({pack_name(pack.id), pack.size});
    left.pack_bytes += pack.size;
  }
  for (const BlobInfo& blob : files.records) {
    const std::optional<SnapshotId> id = snapshot_id_of(blob.name);
    if (ingests_run || !id || known.contains(*id) || !names.snapshots.contains(*id)) continue;
    left.records.insert(*id);
    left.record_bytes += blob.size;
  }
  if (ingests_run) {
    std::erase_if(left.done,
                  [](const DeadTrail& trail) { return !trail.names().snapshots.empty(); });
  }
  return left;
}

std::vector<std::string> find_unknown(Repository& repository) {
  const Files files = list_files(repository.blobs());
  TrailNames names = names_on_trails(repository.path());
  std::vector<std::string> found = strangers(repository, files, names);
  if (found.empty()) return found;
  names.add(names_on_trails(repository.path()));
  found = strangers(repository, files, names);
  std::erase_if(found,
                [&](const std::string& name) { return repository.blobs().open(name) == nullptr; });
  return found;
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
