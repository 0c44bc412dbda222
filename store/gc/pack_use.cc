#include "store/gc/pack_use.h"

#include <algorithm>
#include <unordered_set>

#include "store/core/error.h"
#include "store/core/parallel.h"

namespace varve {
namespace {

class Measuring {
 public:
  Measuring(Repository& repository, KeySet& live, const std::stop_token& stop)
      : repository_(repository), live_(live), stop_(stop) {}

  Usage run(const std::function<void(const PackEntry&)>& see_entry) {
    for (const PackRow& row : repository_.catalog().packs()) {
      if (!row.dropped) usage_.packs.push_back({.pack = row});
    }
    for (std::uint32_t i = 0; i < usage_.packs.size(); ++i) {
      throw_if_stopped(stop_);
      const Entries found = open(usage_.packs[i]);
      for (const PackEntry& entry : found.entries) {
        if (see_entry) see_entry(entry);
        count(i, entry);
      }
    }
    follow_bases();
    if (!ambiguous_.empty() || crowded_) count_again();
    usage_.complete = live_.seen() == live_.size();
    return std::move(usage_);
  }

 private:
  Entries open(PackUse& use) {
    Entries found = entries_of(repository_, use.pack.id);
    use.damaged = found.damaged;
    use.file_bytes = found.damaged ? file_bytes_of_damaged(use.pack.id) : use.pack.size;
    return found;
  }

  std::uint64_t file_bytes_of_damaged(const PackId& id) {
    const std::unique_ptr<Blob> blob = repository_.blobs().open(pack_name(id));
    return blob ? blob->size() : 0;
  }

  void count(std::uint32_t pack, const PackEntry& entry) {
    PackUse& use = usage_.packs[pack];
    const ObjectHeader& header = entry.parsed.header;
    const bool is_delta = header.codec == Codec::delta;
    ++use.objects;
    use.object_bytes += entry.length;
    if (header.crowded) {
      crowded_ = true;  // whether it is live needs its whole ref: count_again
      if (is_delta) add_base(header.base);
      return;
    }
    const ChunkKey key = key_of(header.id);
    switch (live_.see(key)) {
      case KeySet::Seen::absent:
        unnamed_.push_back({key, header.base, pack, entry.length, is_delta});
        return;
      case KeySet::Seen::again:
        ambiguous_.insert(key);
        break;
      case KeySet::Seen::first:
        add_live(use, entry.length);
        break;
    }
    if (is_delta) add_base(header.base);
  }

  static void add_live(PackUse& use, std::uint64_t length) {
    ++use.live_objects;
    use.live_bytes += length;
  }

  void add_base(ChunkKey key) {
    if (live_.insert(key)) new_bases_.push_back(key);
  }

  // Objects that were passed before it was known that something is built on them.
  void follow_bases() {
    std::sort(unnamed_.begin(), unnamed_.end(),
              [](const DeadObject& a, const DeadObject& b) { return a.key < b.key; });
    while (!new_bases_.empty()) {
      const ChunkKey key = new_bases_.back();
      new_bases_.pop_back();
      auto object = std::lower_bound(unnamed_.begin(), unnamed_.end(), key,
                                     [](const DeadObject& a, ChunkKey b) { return a.key < b; });
      for (; object != unnamed_.end() && object->key == key; ++object) name(*object);
    }
    std::erase_if(unnamed_, [](const DeadObject& object) { return !object.is_dead; });
    usage_.dead = std::move(unnamed_);
  }

  void name(DeadObject& object) {
    object.is_dead = false;
    if (live_.see(object.key) == KeySet::Seen::first) {
      add_live(usage_.packs[object.pack], object.length);
    } else {
      ambiguous_.insert(object.key);
    }
    if (object.is_delta) add_base(object.base);
  }

  // Now that all live keys are known: of several objects of a key the catalog's counts.
  void count_again() {
    for (PackUse& use : usage_.packs) {
      throw_if_stopped(stop_);
      use.live_objects = use.live_bytes = 0;
      for (const PackEntry& entry : entries_of(repository_, use.pack.id).entries) {
        const ChunkKey key = key_of(entry.parsed.header.id);
        if (!live_.contains(key)) continue;
        const bool only_one = !entry.parsed.header.crowded && !ambiguous_.contains(key);
        if (only_one || !is_superseded(repository_, use.pack.id, entry)) {
          add_live(use, entry.length);
        }
      }
    }
  }

  Repository& repository_;
  KeySet& live_;
  const std::stop_token& stop_;
  Usage usage_;
  std::vector<DeadObject> unnamed_;  // so far; a base that is found later may be one
  std::vector<ChunkKey> new_bases_;
  std::unordered_set<ChunkKey> ambiguous_;
  bool crowded_ = false;
};

}  // namespace

std::uint64_t PackUse::garbage_bytes() const {
  if (live_objects == 0) return file_bytes;
  if (live_bytes >= file_bytes || objects == 0) return 0;
  const std::uint64_t frame = file_bytes > object_bytes ? file_bytes - object_bytes : 0;
  const std::uint64_t kept = live_bytes + frame * live_objects / objects;
  return file_bytes > kept ? file_bytes - kept : 0;
}

Entries entries_of(Repository& repository, const PackId& pack) {
  try {
    return {repository.packs().entries(pack), false};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return {{}, true};
    if (error.code() != ErrorCode::corrupt) throw;
  }
  return {repository.packs().scan(pack), true};
}

Usage measure_packs(Repository& repository, KeySet& live, const std::stop_token& stop,
                    const std::function<void(const PackEntry&)>& see_entry) {
  return Measuring(repository, live, stop).run(see_entry);
}

bool is_superseded(Repository& repository, const PackId& pack, const PackEntry& entry) {
  const ObjectHeader& header = entry.parsed.header;
  const std::optional<Location> where = header.crowded
                                            ? repository.catalog().find_crowded(ref_of(header.id))
                                            : repository.catalog().find(key_of(header.id));
  if (!where || (where->pack == pack && where->offset == entry.offset)) return false;
  try {
    ParsedObject other;
    return repository.packs().read_header(*where, other) == PackReader::Found::yes &&
           other.header.id == header.id;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::corrupt) return false;
    throw;
  }
}

}  // namespace varve
