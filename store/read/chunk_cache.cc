#include "store/read/chunk_cache.h"

#include <utility>

namespace varve {
namespace {

constexpr std::size_t kEntryOverhead = 160;  // bytes, list and map nodes included

std::size_t weight(const DecodedChunk& chunk) { return chunk.plain.size() + kEntryOverhead; }

}  // namespace

ChunkCache::ChunkCache(std::size_t capacity_bytes) : capacity_(capacity_bytes) {}

ChunkCache::Value ChunkCache::get(ChunkKey key,
                                  const std::function<bool(const DecodedChunk&)>& fits,
                                  const std::function<Value()>& load) {
  Shard& shard = shard_of(key);
  std::unique_lock lock(shard.mutex);
  for (;;) {
    if (Value cached = find(shard, key, fits)) return cached;
    if (!shard.loading.contains(key)) break;
    shard.loaded.wait(lock);
  }
  shard.loading.insert(key);
  lock.unlock();
  Value value;
  try {
    value = load();
  } catch (...) {
    lock.lock();
    shard.loading.erase(key);
    shard.loaded.notify_all();
    throw;
  }
  lock.lock();
  shard.loading.erase(key);
  insert(shard, key, value);
  shard.loaded.notify_all();
  return value;
}

ChunkCache::Value ChunkCache::peek(ChunkKey key,
                                   const std::function<bool(const DecodedChunk&)>& fits) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  return find(shard, key, fits);
}

ChunkCache::Value ChunkCache::find(Shard& shard, ChunkKey key,
                                   const std::function<bool(const DecodedChunk&)>& fits) {
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end() || !fits(*found->second->value)) return nullptr;
  shard.recent.splice(shard.recent.begin(), shard.recent, found->second);
  return found->second->value;
}

void ChunkCache::insert(Shard& shard, ChunkKey key, Value value) {
  if (const auto old = shard.by_key.find(key); old != shard.by_key.end()) {
    shard.bytes -= weight(*old->second->value);
    shard.recent.erase(old->second);
    shard.by_key.erase(old);
  }
  shard.bytes += weight(*value);
  shard.recent.push_front({key, std::move(value)});
  shard.by_key[key] = shard.recent.begin();
  const std::size_t share = capacity_.load(std::memory_order_relaxed) / kShards;
  while (shard.bytes > share && !shard.recent.empty()) {
    const Entry& last = shard.recent.back();
    shard.bytes -= weight(*last.value);
    shard.by_key.erase(last.key);
    shard.recent.pop_back();
  }
}

void ChunkCache::set_capacity(std::size_t bytes) { capacity_ = bytes; }

std::size_t ChunkCache::bytes() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.bytes;
  }
  return sum;
}

}  // namespace varve
