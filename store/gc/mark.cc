#include "store/gc/mark.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>

#include "store/core/error.h"
#include "store/gc/manifest_walk.h"
#include "store/repository/losses.h"
#include "store/repository/reader_session.h"
#include "store/repository/record_files.h"

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

namespace {

class Marking {
 public:
  Marking(Repository& repository, std::stop_token stop)
      : repository_(repository),
        stop_(std::move(stop)),
        lost_(read_lost(repository.path())),
        walk_(std::in_place, repository, kThreads, stop_) {}

  void mark(const std::vector<Snapshot>& snapshots) {
    walk(snapshots, [this](const ChunkRef& node, const Error& why) {
      if (!lost_.contains(key_of(node)) || !is_absent(node)) throw refusal(node, why);
      marked_.is_whole = false;
    });
  }

  // Of others a node may be gone, or never have come: records that crashed or unfinished ingests
  // left name chunks that nobody has stored. One that has a row although it could not be read may
  // have come back in between, by an ingest that stored it anew: then it can be read the next time.
  void mark_others(const std::vector<Snapshot>& others) {
    constexpr int kAttempts = 5;
    for (int attempt = 1;; ++attempt) {
      bool came_back = false;
      walk(others, [&](const ChunkRef& node, const Error& why) {
        if (is_absent(node)) return;
        if (attempt == kAttempts) throw refusal(node, why);
        came_back = true;
      });
      if (!came_back) return;
      walk_.emplace(repository_, kThreads, stop_);  // it passes over what it has met
    }
  }

  Marked take() { return std::move(marked_); }

 private:
  void walk(const std::vector<Snapshot>& snapshots,
            const std::function<void(const ChunkRef&, const Error&)>& unreadable) {
    ManifestWalk::Visitor visitor;
    visitor.references = [this](std::span<const ChunkRef> refs) {
      for (const ChunkRef& ref : refs) marked_.live.insert(key_of(ref));
    };
    visitor.unreadable = unreadable;
    walk_->walk(snapshots, visitor);
  }
  bool is_absent(const ChunkRef& node) { return !repository_.catalog().find(key_of(node)); }
  static Error refusal(const ChunkRef& node, const Error& why) {
    return Error(why.code(),
                 fmt::format("nothing is given back, a snapshot's manifest cannot be read: {}; "
                             "'varve repair packs' saves what is whole, and gc goes on after it",
                             why.what()),
                 fmt::format("node {}", to_hex(node.view())));
  }

  Repository& repository_;
  const std::stop_token stop_;
  const LostKeys lost_;
  std::optional<ManifestWalk> walk_;
  Marked marked_;
};

}  // namespace

Marked mark(Repository& repository, const Roots& roots, std::stop_token stop) {
  Marking marking(repository, std::move(stop));
  marking.mark(roots.snapshots);
  marking.mark_others(roots.others);
  return marking.take();
}

}  // namespace varve
