#include "store/ingest/chunk_writer.h"

#include <fmt/format.h>

#include "store/core/error.h"
#include "store/repository/losses.h"
#include "store/transform/delta_policy.h"
#include "store/transform/digest.h"

namespace varve {
namespace {

// New chunks that are remembered in memory before they go into the catalog (some 60 bytes each).
// They are durable then, and garbage to gc until the snapshot is committed.
constexpr std::uint64_t kSpillAfter = 1u << 19;

std::vector<ChainLevel> levels_of(const std::vector<ChainLink>& chain) {
  std::vector<ChainLevel> levels;
  for (const ChainLink& link : chain) {
    levels.push_back({link.header.depth, link.header.stored_length, link.header.spent});
  }
  return levels;
}

// Compressed as well as the full chunk under it was.
std::uint64_t cost_of_full(ByteView plain, const ObjectHeader& full) {
  return std::uint64_t{full.stored_length} * plain.size() /
         std::max<std::uint64_t>(full.plain_length, 1);
}

// A damaged list is check's to tell: without it lost bases may come back as deltas.
LostKeys lost_chunks(const Path& repository) {
  try {
    return read_lost(repository);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return {};
  }
}

}  // namespace

ChunkWriter::ChunkWriter(Repository& repository, std::uint64_t epoch, PackWriter::NewId new_pack)
    : catalog_(repository.catalog()),
      config_(repository.config()),
      chains_(repository.catalog(), repository.packs()),
      pack_reader_(repository.packs()),
      packs_(repository.blobs(), std::move(new_pack)),
      epoch_(epoch),
      lost_(lost_chunks(repository.path())) {
  for (const PackRow& pack : catalog_.packs()) {
    if (pack.condemned_epoch != 0 && pack.condemned_epoch <= epoch_) condemned_.insert(pack.id);
  }
}

bool ChunkWriter::key_is_taken(ChunkKey key) {
  const std::optional<Location> where = catalog_.find(key);
  return where && !condemned_.contains(where->pack);
}

ChunkWriter::Claim ChunkWriter::claim(const ChunkId& id) {
  const ChunkRef ref = ref_of(id);
  const ChunkKey key = key_of(ref);
  const std::optional<ChainLoader::Known> known = chains_.look_up(ref);
  const bool is_condemned = known && condemned_.contains(known->where.pack);
  if (known && !is_condemned) {
    if (known->id == id) return Claim::have_it;
    throw Error(ErrorCode::failed,
                fmt::format("two chunks share the reference {}: the source holds bytes that were "
                            "made to collide; nothing was stored",
                            to_hex(ref.view())));
  }
  const bool taken = key_is_taken(key);
  Shard& shard = shards_[(key.value >> 8) % kShards];
  const std::lock_guard lock(shard.mutex);
  if (!taken) {
    const auto [entry, inserted] = shard.claimed.try_emplace(key, id);
    if (inserted) return is_condemned || lost_.contains(key) ? Claim::again : Claim::ours;
    if (entry->second == id) return Claim::have_it;
  }
  return shard.crowded.insert(id).second ? Claim::crowded : Claim::have_it;
}

ChunkRef ChunkWriter::put(const NewChunk& chunk, WorkerTools& tools) {
  ObjectHeader header;
  header.kind = chunk.kind;
  header.plain_length = static_cast<std::uint32_t>(chunk.plain.size());
  header.id = chunk_id(chunk.plain);
  const ChunkRef ref = ref_of(header.id);
  const Claim claimed = claim(header.id);
  if (claimed == Claim::have_it) return ref;
  header.crowded = claimed == Claim::crowded;
  // Deltas may stand on the chunk that is stored again, its predecessor among them. Whole, it is
  // a base for all of them and needs none.
  const bool must_be_full = claimed == Claim::again || !chunk.predecessor;
  if (must_be_full || !store_delta(header, chunk, tools)) store_full(header, chunk.plain, tools);
  new_bytes_ += chunk.plain.size();
  if (++unspilled_ >= kSpillAfter) spill();
  return ref;
}

void ChunkWriter::store_full(ObjectHeader header, ByteView plain, WorkerTools& tools) {
  const Compressor::Result full = tools.compressor.full(plain);
  header.codec = full.codec;
  packs_.append(header, full.stored);
}

// Bases are the repository's, never a crowded chunk (a base is named by its key), and of the
// same kind. A damaged predecessor is no base: the new version is stored whole.
std::vector<ChainLink> ChunkWriter::usable_chain(const ChunkRef& predecessor, ObjectKind kind,
                                                 WorkerTools& tools) {
  try {
    std::vector<ChainLink> chain = chains_.load_chain(predecessor, tools.decompressor);
    const bool usable = !chain.front().header.crowded && chain.front().header.kind == kind;
    return usable ? std::move(chain) : std::vector<ChainLink>();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    return {};
  }
}

bool ChunkWriter::store_delta(ObjectHeader header, const NewChunk& chunk, WorkerTools& tools) {
  const std::vector<ChainLink> chain = usable_chain(*chunk.predecessor, header.kind, tools);
  if (chain.empty()) return false;
  if (chunk.compare) chunk.compare(chain.front().plain);
  const std::vector<ChainLevel> levels = levels_of(chain);
  const DeltaPolicy policy(levels, chunk.max_depth, cost_of_full(chunk.plain, chain.back().header));
  for (std::optional<std::size_t> base = policy.first_base(); base; base = policy.higher(*base)) {
    const Compressor::Result delta = tools.compressor.delta(chunk.plain, chain[*base].plain);
    if (!policy.keep(*base, delta.stored.size())) continue;
    header.codec = Codec::delta;
    header.depth = policy.depth(*base);
    header.spent = policy.spent(*base, delta.stored.size());
    header.base = key_of(chain[*base].header.id);
    packs_.append(header, delta.stored);
    return true;
  }
  return false;
}

void ChunkWriter::spill() {
  const std::lock_guard lock(spill_mutex_);
  if (unspilled_ < kSpillAfter) return;
  unspilled_ = 0;
  // Chunks claimed but not yet appended stay claimed in memory: only what is in committed packs
  // may be forgotten here.
  const std::vector<NewPack> packs = finish();
  catalog_.add_packs(packs);
  for (const NewPack& pack : packs) {
    for (const ChunkRow& chunk : pack.chunks) {
      if (chunk.crowded) continue;
      Shard& shard = shards_[(key_of(chunk.ref).value >> 8) % kShards];
      const std::lock_guard shard_lock(shard.mutex);
      shard.claimed.erase(key_of(chunk.ref));
    }
  }
}

std::vector<NewPack> ChunkWriter::finish() {
  packs_.finish();
  std::vector<NewPack> packs = packs_.take_committed();
  for (NewPack& pack : packs) pack.epoch = epoch_;
  return packs;
}

}  // namespace varve
