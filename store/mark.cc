#include "store/mark.h"

#include <fmt/format.h>

#include <set>

#include "store/core/error.h"
#include "store/losses.h"
#include "store/manifest_walk.h"
#include "store/reader_session.h"
#include "store/record_files.h"

namespace varve {
namespace {

constexpr unsigned kThreads = 2;

// Nothing where there is no such record any more, or where it was damaged: the catalog does not
// vouch for it.
std::optional<Snapshot> read_record(BlobBackend& blobs, const std::string& name) {
  try {
    const std::optional<Bytes> record = read_record_file(blobs, name);
    if (!record) return std::nullopt;
    return decode_record(*record);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt) return std::nullopt;
    throw;
  }
}

void add_records_without_row(Repository& repository, Roots& roots) {
  std::set<SnapshotId> known;
  for (const Snapshot& snapshot : roots.snapshots) known.insert(snapshot.id);
  for (const BlobInfo& blob : repository.blobs().list(std::string(kRecordPrefix))) {
    const std::optional<SnapshotId> id = snapshot_id_of(blob.name);
    if (!id || known.contains(*id)) continue;
    if (auto snapshot = read_record(repository.blobs(), blob.name)) {
      roots.others.push_back(std::move(*snapshot));
    }
  }
}

}  // namespace

Roots find_roots(Repository& repository) {
  Roots roots;
  roots.generation = repository.catalog().generation();
  roots.snapshots = repository.snapshots();
  add_records_without_row(repository, roots);
  for (Snapshot& snapshot : pinned_snapshots(repository)) {
    roots.others.push_back(std::move(snapshot));
  }
  return roots;
}

KeySet mark(Repository& repository, const Roots& roots, std::stop_token stop) {
  KeySet live;
  ManifestWalk walk(repository, kThreads, std::move(stop));
  ManifestWalk::Visitor visitor;
  visitor.references = [&](std::span<const ChunkRef> refs) {
    for (const ChunkRef& ref : refs) live.insert(key_of(ref));
  };
  const LostKeys lost = read_lost(repository.path());
  visitor.unreadable = [&](const ChunkRef& node, const Error& why) {
    // What lay below can only come back together with the node, from a place that has both.
    if (lost.contains(key_of(node)) && !repository.catalog().find(key_of(node))) return;
    throw Error(why.code(),
                fmt::format("nothing is given back, a snapshot's manifest cannot be read: {}; "
                            "'varve repair packs' saves what is whole, and gc goes on after it",
                            why.what()),
                fmt::format("node {}", to_hex(node.view())));
  };
  walk.walk(roots.snapshots, visitor);
  // Records that crashed or unfinished ingests left may name chunks that nobody has stored.
  const auto throw_unless_absent = std::move(visitor.unreadable);
  visitor.unreadable = [&](const ChunkRef& node, const Error& why) {
    if (repository.catalog().find(key_of(node))) throw_unless_absent(node, why);
  };
  walk.walk(roots.others, visitor);
  return live;
}

}  // namespace varve
