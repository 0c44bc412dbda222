// Builds a file's manifest from its chunks, which may come in any order.
//
// Nodes are stored as soon as they are full, so memory is bounded by the chunks under way and
// the refs of the nodes. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "store/ingest/chunk_writer.h"
#include "store/read/manifest_reader.h"

namespace varve {

class ManifestBuilder {
 public:
  // `predecessor`: the file's last manifest, whose nodes are bases; may be null.
  ManifestBuilder(ChunkWriter& chunks, const ManifestReader* predecessor, Chunking chunking,
                  const RepositoryConfig& config);

  struct Piece {
    ChunkRef ref;
    std::uint32_t length = 0;
  };
  // What stands at this index of the file, mostly one chunk; each index from 0 up exactly once.
  // More than one only where the chunking is by content: there a node may have a few more entries.
  void add(std::uint64_t index, const std::vector<Piece>& pieces, WorkerTools& tools);
  void add(std::uint64_t index, const ChunkRef& ref, std::uint32_t length, WorkerTools& tools) {
    add(index, std::vector<Piece>{{ref, length}}, tools);
  }

  struct Root {
    std::optional<ChunkRef> ref;
    std::uint8_t levels = 0;
  };
  // After the last add.
  Root finish(WorkerTools& tools);

 private:
  struct Slots {  // of a node in the making
    std::vector<std::vector<Piece>> pieces;
    std::size_t filled = 0;
  };
  struct Run {
    std::vector<ChunkRef> refs;
    std::vector<std::uint64_t> lengths;
  };
  struct Child {
    ChunkRef ref;
    std::uint64_t bytes = 0;
  };

  static Run run_of(const Slots& slots);
  Child store_leaf(std::uint64_t node, const Run& run, WorkerTools& tools);
  Child store_node(std::uint8_t level, const Run& run, std::uint64_t offset, WorkerTools& tools);
  std::vector<Child> store_level(std::uint8_t level, const std::vector<Child>& below,
                                 WorkerTools& tools);

  ChunkWriter& chunks_;
  const ManifestReader* predecessor_;
  const Chunking chunking_;
  const std::size_t fan_out_;
  const std::uint32_t max_depth_;
  std::mutex mutex_;                      // guards the rest
  std::map<std::uint64_t, Slots> slots_;  // by node index; those not yet full
  std::vector<Child> leaves_;             // by node index
  std::uint64_t count_ = 0;
};

}  // namespace varve
