#include "store/gc/kept_bases.h"

#include <algorithm>
#include <map>

namespace varve {
namespace {

class Keeping {
 public:
  Keeping(const Usage& usage, KeySet& live, std::vector<PackUse>& leaving)
      : dead_(usage.dead), live_(live), leaving_(usage.packs.size()) {
    std::map<PackId, PackUse*> by_id;
    for (PackUse& use : leaving) by_id[use.pack.id] = &use;
    for (std::size_t i = 0; i < usage.packs.size(); ++i) {
      const auto found = by_id.find(usage.packs[i].pack.id);
      if (found != by_id.end()) leaving_[i] = found->second;
    }
  }

  void run() {
    for (const DeadObject& object : dead_) {
      if (object.is_delta && leaving_[object.pack] == nullptr) need(object.base);
    }
    while (!needed_.empty()) {
      const ChunkKey key = needed_.back();
      needed_.pop_back();
      keep(key);
    }
  }

 private:
  void need(ChunkKey key) {
    if (live_.insert(key)) needed_.push_back(key);
  }

  void keep(ChunkKey key) {
    auto object = std::lower_bound(dead_.begin(), dead_.end(), key,
                                   [](const DeadObject& a, ChunkKey b) { return a.key < b; });
    for (; object != dead_.end() && object->key == key; ++object) {
      if (PackUse* const use = leaving_[object->pack]) {
        ++use->live_objects;
        use->live_bytes += object->length;
      }
      if (object->is_delta) need(object->base);
    }
  }

  const std::vector<DeadObject>& dead_;
  KeySet& live_;
  std::vector<PackUse*> leaving_;  // by place in Usage::packs; null: it stays
  std::vector<ChunkKey> needed_;
};

}  // namespace

void keep_bases(const Usage& usage, KeySet& live, std::vector<PackUse>& leaving) {
  Keeping(usage, live, leaving).run();
}

}  // namespace varve
