// The write path of one chunk: digest → dedup → delta or zstd → pack.
//
// Thread-safe: many workers put chunks of one ingest. Chunks count only with the ingest's commit.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/blob/pack_writer.h"
#include "store/ingest/workers.h"
#include "store/read/chunk_chain.h"
#include "store/repository/repository.h"

namespace varve {

class ChunkWriter {
 public:
  // `epoch`: the session's; chunks of packs condemned by then are not shared. `new_pack`: see
  // PackWriter.
  ChunkWriter(Repository& repository, std::uint64_t epoch, PackWriter::NewId new_pack);

  struct NewChunk {
    ObjectKind kind = ObjectKind::data;
    ByteView plain;
    // What stood in its place in the last snapshot: the delta's base, or a source of bases.
    std::optional<ChunkRef> predecessor = {};
    std::uint32_t max_depth = 0;  // of the delta: see RepositoryConfig
    // Called with the predecessor's bytes, where those were read.
    std::function<void(ByteView predecessor)> compare = {};
  };
  // Stores it unless the repository has it. Throws Error.
  ChunkRef put(const NewChunk& chunk, WorkerTools& tools);

  // Makes everything durable. The packs are for Catalog::commit_snapshot.
  std::vector<NewPack> finish();

  std::uint64_t new_bytes() const noexcept { return new_bytes_; }       // plain bytes stored
  std::uint64_t added_bytes() const { return packs_.bytes_written(); }  // of packs

 private:
  enum class Claim { ours, again, have_it, crowded };
  // Whether this ingest or the repository has the chunk; if not, it is now the caller's to store.
  // `again`: the repository has it, but only in a condemned pack, or has lost it.
  Claim claim(const ChunkId& id);
  bool key_is_taken(ChunkKey key);
  void store_full(ObjectHeader header, ByteView plain, WorkerTools& tools);
  bool store_delta(ObjectHeader header, const NewChunk& chunk, WorkerTools& tools);
  std::vector<ChainLink> usable_chain(const ChunkRef& predecessor, ObjectKind kind,
                                      WorkerTools& tools);
  void spill();

  struct Shard {
    std::mutex mutex;  // guards the rest
    std::unordered_map<ChunkKey, ChunkId> claimed;
    std::unordered_set<ChunkId> crowded;
  };
  static constexpr std::size_t kShards = 16;

  Catalog& catalog_;
  const RepositoryConfig& config_;
  ChainLoader chains_;
  PackReader& pack_reader_;
  PackWriter packs_;
  const std::uint64_t epoch_;
  std::unordered_set<PackId> condemned_;  // read only after construction
  std::unordered_set<ChunkKey> lost_;     // likewise
  std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> new_bytes_ = 0;
  std::atomic<std::uint64_t> unspilled_ = 0;  // chunks claimed since the last spill
  std::mutex spill_mutex_;
};

}  // namespace varve
