#include "store/gc/repack.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "store/blob/pack_writer.h"
#include "store/core/error.h"
#include "store/core/parallel.h"
#include "store/repository/losses.h"
#include "store/repository/trail.h"

namespace varve {
namespace {

std::vector<ChunkRef> refs_in(Repository& repository, const PackId& pack) {
  std::vector<ChunkRef> refs;
  for (const PackEntry& entry : entries_of(repository, pack).entries) {
    refs.push_back(ref_of(entry.parsed.header.id));
  }
  return refs;
}

// The pack's rows do not count any more.
void remove_dropped(Repository& repository, const PackId& pack) {
  const std::vector<ChunkRef> refs = refs_in(repository, pack);
  repository.blobs().remove(pack_name(pack));
  repository.packs().close(pack);
  repository.catalog().purge_dropped(pack, refs);
}

// A live object on its way.
struct Moving {
  Location where;
  ChunkKey key;
  ChunkKey base;
  bool is_delta = false;
  Location root;  // of the full chunk under it, or as far down as is known without reading
};

class Rewriting {
 public:
  Rewriting(Repository& repository, const KeySet& live, const std::stop_token& stop)
      : repository_(repository),
        live_(live),
        stop_(stop),
        may_be_lost_(may_have_losses(repository.path())) {}

  void gather(const PackUse& use) {
    const PackId& pack = use.pack.id;
    const Entries found = entries_of(repository_, pack);
    if (found.damaged && !use.damaged) damaged_.insert(pack);  // since it was measured
    for (const PackEntry& entry : found.entries) {
      const ObjectHeader& header = entry.parsed.header;
      const ChunkKey key = key_of(header.id);
      if (!live_.contains(key) || is_superseded(repository_, pack, entry)) continue;
      const Location where{pack, entry.offset, entry.length};
      if (may_be_lost_ && !has_row(header)) without_row_.insert(ref_of(header.id));
      if (!header.crowded) by_key_[key] = objects_.size();
      objects_.push_back({where, key, header.base, header.codec == Codec::delta, where});
    }
  }

  void sort_by_root() {
    for (Moving& object : objects_) object.root = root_of(object);
    std::sort(objects_.begin(), objects_.end(), [](const Moving& a, const Moving& b) {
      return std::tie(a.root.pack, a.root.offset, a.where.pack, a.where.offset) <
             std::tie(b.root.pack, b.root.offset, b.where.pack, b.where.offset);
    });
  }

  // Returns the packs of which not everything could be copied.
  const std::set<PackId>& copy() {
    Trail trail(repository_.path());
    PackWriter writer(repository_.blobs(), [&] { return trail.new_pack(); });
    StoredObject object;
    for (const Moving& moving : objects_) {
      throw_if_stopped(stop_);
      if (read(moving.where, object)) {
        writer.append_object(object.bytes, object.parsed);
      } else {
        damaged_.insert(moving.where.pack);
      }
    }
    writer.finish();
    // The rows follow because the packs they lead to are condemned. A row that an ingest has
    // moved to a pack of its own meanwhile stays there.
    repository_.catalog().add_packs(with_rows(writer.take_committed()));
    trail.finish();
    return damaged_;
  }

 private:
  bool has_row(const ObjectHeader& header) const {
    const auto where = header.crowded ? repository_.catalog().find_crowded(ref_of(header.id))
                                      : repository_.catalog().find(key_of(header.id));
    return where.has_value();
  }

  // A delta whose base is lost is kept, as the base may come back, but cannot be read: see
  // losses.h.
  std::vector<NewPack> with_rows(std::vector<NewPack> packs) const {
    for (NewPack& pack : packs) {
      std::erase_if(pack.chunks,
                    [&](const ChunkRow& row) { return without_row_.contains(row.ref); });
    }
    return packs;
  }

  bool read(const Location& where, StoredObject& object) {
    try {
      return repository_.packs().read(where, object) == PackReader::Found::yes;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::corrupt) return false;
      throw;
    }
  }

  // Bounded, should damaged headers make a ring.
  Location root_of(const Moving& object) {
    const Moving* at = &object;
    for (int depth = 0; at->is_delta && depth < kLongestChain; ++depth) {
      const auto below = by_key_.find(at->base);
      if (below == by_key_.end()) return repository_.catalog().find(at->base).value_or(at->where);
      at = &objects_[below->second];
    }
    return at->where;
  }

  static constexpr int kLongestChain = 256;

  Repository& repository_;
  const KeySet& live_;
  const std::stop_token& stop_;
  const bool may_be_lost_;
  std::set<PackId> damaged_;
  std::unordered_set<ChunkRef> without_row_;
  std::vector<Moving> objects_;
  std::unordered_map<ChunkKey, std::size_t> by_key_;  // until objects_ is sorted
};

}  // namespace

void delete_packs(Repository& repository, std::span<const PackId> packs) {
  if (packs.empty()) return;
  repository.catalog().drop_packs({packs.begin(), packs.end()});
  for (const PackId& pack : packs) remove_dropped(repository, pack);
}

void finish_dropped(Repository& repository) {
  for (const PackRow& row : repository.catalog().packs()) {
    if (row.dropped) remove_dropped(repository, row.id);
  }
}

std::vector<PackId> rewrite_packs(Repository& repository, const KeySet& live,
                                  std::span<const PackUse> packs, const std::stop_token& stop) {
  Rewriting rewriting(repository, live, stop);
  for (const PackUse& use : packs) rewriting.gather(use);
  rewriting.sort_by_root();
  const std::set<PackId>& damaged = rewriting.copy();
  std::vector<PackId> copied;
  for (const PackUse& use : packs) {
    if (!damaged.contains(use.pack.id)) copied.push_back(use.pack.id);
  }
  delete_packs(repository, copied);
  return {damaged.begin(), damaged.end()};
}

}  // namespace varve
