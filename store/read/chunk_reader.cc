#include "store/read/chunk_reader.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "store/core/error.h"
#include "store/read/chunk_cache.h"
#include "store/read/chunk_chain.h"
#include "store/transform/digest.h"

namespace varve {

struct ChunkReader::State {
  State(Catalog& catalog, PackReader& packs, std::size_t cache_bytes)
      : loader(catalog, packs), cache(cache_bytes) {}

  ChainLoader loader;
  ChunkCache cache;

  // The deltas between are decoded and dropped; the full chunk under them is kept, as the other
  // versions that stand on it need it too.
  ChunkCache::Value decode(StoredObject top) {
    std::vector<StoredObject> run;  // each a delta on the next, but for the last
    run.push_back(std::move(top));
    ChunkCache::Value base = complete(run);
    if (!base && run.size() > 1) {
      base = keep_full(run.back());
      run.pop_back();
    }
    thread_local std::array<RawBytes, 2> between;
    ByteView below = base ? ByteView(base->plain) : ByteView();
    for (std::size_t i = run.size(); i-- > 1;) {
      decode(run[i], below, between[i % 2]);
      below = between[i % 2];
    }
    return decode(run.front(), below);
  }

 private:
  // Loads what the run stands on, until a full chunk or one that is in the cache, which is
  // returned. Bounded, as a base's depth is less than its delta's. A base with the key of the run's
  // front, which an enemy could write, would wait for itself in the cache.
  ChunkCache::Value complete(std::vector<StoredObject>& run) {
    const ChunkKey front = key_of(run.front().parsed.header.id);
    while (run.back().parsed.header.codec == Codec::delta) {
      const ObjectHeader delta = run.back().parsed.header;
      if (delta.base == front)
        throw corrupt_error("chunk " + to_hex(run.back().parsed.header.id.view()),
                            "it is its own base");
      const auto fits = [&](const DecodedChunk& chunk) {
        return chunk.depth < delta.depth && !chunk.crowded;
      };
      if (ChunkCache::Value cached = cache.peek(delta.base, fits)) return cached;
      run.push_back(loader.load_base(delta.base));
      expect_base_below(delta, run.back().parsed.header);
    }
    return nullptr;
  }

  ChunkCache::Value keep_full(const StoredObject& object) {
    const ChunkId& id = object.parsed.header.id;
    return cache.get(
        key_of(id), [&](const DecodedChunk& chunk) { return chunk.id == id; },
        [&] { return decode(object, ByteView()); });
  }

  static ChunkCache::Value decode(const StoredObject& object, ByteView base) {
    const ObjectHeader& header = object.parsed.header;
    auto chunk = std::make_shared<DecodedChunk>();
    chunk->id = header.id;
    chunk->depth = header.depth;
    chunk->crowded = header.crowded;
    decode(object, base, chunk->plain);
    return chunk;
  }

  static void decode(const StoredObject& object, ByteView base, RawBytes& plain) {
    const ObjectHeader& header = object.parsed.header;
    thread_local Decompressor decompressor;
    plain.resize(header.plain_length);
    decompressor.decode(header.codec, object.stored(), base, plain);
  }
};

ChunkReader::ChunkReader(Catalog& catalog, PackReader& packs, std::size_t cache_bytes)
    : state_(std::make_unique<State>(catalog, packs, cache_bytes)) {}
ChunkReader::~ChunkReader() = default;

ChunkBytes ChunkReader::read(const ChunkRef& ref, Check check) {
  const auto fits = [&](const DecodedChunk& chunk) { return ref_of(chunk.id) == ref; };
  const ChunkCache::Value chunk = state_->cache.get(
      key_of(ref), fits, [&] { return state_->decode(state_->loader.load(ref)); });
  if (check == Check::id && !chunk->proven) {
    if (chunk_id(chunk->plain) != chunk->id) {
      throw corrupt_error(fmt::format("chunk {}", to_hex(ref.view())),
                          "its bytes are not those that it is named for");
    }
    chunk->proven = true;
  }
  return {chunk, &chunk->plain};
}

void ChunkReader::set_cache_bytes(std::size_t bytes) { state_->cache.set_capacity(bytes); }
std::size_t ChunkReader::cached_bytes() const { return state_->cache.bytes(); }

}  // namespace varve
