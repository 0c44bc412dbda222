// A bounded cache of decoded chunks, where one decodes and many wait.
//
// Thread-safe. Least recently used goes first; what somebody holds stays alive with its holder.
// Sharded, so that readers of different chunks do not meet.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "store/core/ids.h"

namespace varve {

// A decoded chunk with the id and depth that its header gives.
struct DecodedChunk {
  ChunkId id;
  std::uint8_t depth = 0;
  bool crowded = false;
  RawBytes plain;
  // Whether `plain` was hashed and is what `id` names: once is enough as long as it is cached.
  mutable std::atomic<bool> proven = false;
};

class ChunkCache {
 public:
  using Value = std::shared_ptr<const DecodedChunk>;

  explicit ChunkCache(std::size_t capacity_bytes);

  // The chunk of this key that `fits`, from the cache or by `load`, which one thread calls while
  // others that want the same wait. An exception of `load` reaches its caller; the waiters try
  // for themselves.
  Value get(ChunkKey key, const std::function<bool(const DecodedChunk&)>& fits,
            const std::function<Value()>& load);

  // The same where it is in the cache, else null: nobody waits and nothing is loaded.
  Value peek(ChunkKey key, const std::function<bool(const DecodedChunk&)>& fits);

  void set_capacity(std::size_t bytes);  // takes effect with the next insertions
  std::size_t bytes() const;

 private:
  struct Entry {
    ChunkKey key;
    Value value;
  };
  struct Shard {
    mutable std::mutex mutex;  // guards the rest
    std::condition_variable loaded;
    std::list<Entry> recent;  // front: used last
    std::unordered_map<ChunkKey, std::list<Entry>::iterator> by_key;
    std::unordered_set<ChunkKey> loading;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(ChunkKey key) { return shards_[(key.value >> 8) % kShards]; }
  // These two with shard.mutex held.
  static Value find(Shard& shard, ChunkKey key,
                    const std::function<bool(const DecodedChunk&)>& fits);
  void insert(Shard& shard, ChunkKey key, Value value);

  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> capacity_;
};

}  // namespace varve
