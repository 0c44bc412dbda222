#include "store/chunk_reader.h"

#include <fmt/format.h>

#include "store/chunk_cache.h"
#include "store/chunk_chain.h"
#include "store/core/error.h"
#include "store/transform/digest.h"

namespace varve {

struct ChunkReader::State {
  State(Catalog& catalog, PackReader& packs, std::size_t cache_bytes)
      : loader(catalog, packs), cache(cache_bytes) {}

  ChainLoader loader;
  ChunkCache cache;

  ChunkCache::Value decode(const StoredObject& object) {
    const ObjectHeader& header = object.parsed.header;
    ChunkCache::Value base;
    if (header.codec == Codec::delta) base = base_of(header);
    auto chunk = std::make_shared<DecodedChunk>();
    chunk->id = header.id;
    chunk->depth = header.depth;
    chunk->crowded = header.crowded;
    chunk->plain.resize(header.plain_length);
    thread_local Decompressor decompressor;
    decompressor.decode(header.codec, object.stored(), base ? ByteView(base->plain) : ByteView(),
                        chunk->plain);
    return chunk;
  }

  // Recursion is bounded: a base's depth is less than its delta's. A loop that an enemy wrote
  // would wait for itself in the cache, so the base's header is held against the delta first.
  ChunkCache::Value base_of(const ObjectHeader& delta) {
    const auto fits = [&](const DecodedChunk& chunk) {
      return chunk.depth < delta.depth && !chunk.crowded;
    };
    if (key_of(delta.id) == delta.base) throw corrupt_error("a delta is its own base");
    return cache.get(delta.base, fits, [&] {
      const StoredObject object = loader.load_base(delta.base);
      expect_base_below(delta, object.parsed.header);
      return decode(object);
    });
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
      throw corrupt_error(
          fmt::format("chunk {} does not hold the bytes that it is named for", to_hex(ref.view())));
    }
    chunk->proven = true;
  }
  return {chunk, &chunk->plain};
}

void ChunkReader::set_cache_bytes(std::size_t bytes) { state_->cache.set_capacity(bytes); }
std::size_t ChunkReader::cached_bytes() const { return state_->cache.bytes(); }

}  // namespace varve
