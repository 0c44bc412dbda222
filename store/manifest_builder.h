// Builds a file's manifest from its chunks, which may come in any order.
//
// Nodes are stored as soon as they are full, so memory is bounded by the chunks under way and
// the refs of the nodes. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "store/chunk_writer.h"
#include "store/manifest_reader.h"

namespace varve {

class ManifestBuilder {
 public:
  // `predecessor`: the file's last manifest, whose nodes are bases; may be null.
  ManifestBuilder(ChunkWriter& chunks, const ManifestReader* predecessor, Chunking chunking,
                  std::size_t fan_out);

  // The chunk at this index of the file; each index from 0 up exactly once.
  void add(std::uint64_t index, const ChunkRef& ref, std::uint32_t length, WorkerTools& tools);

  struct Root {
    std::optional<ChunkRef> ref;
    std::uint8_t levels = 0;
  };
  // After the last add.
  Root finish(WorkerTools& tools);

 private:
  struct Run {
    std::vector<ChunkRef> refs;
    std::vector<std::uint64_t> lengths;
    std::size_t filled = 0;
  };
  struct Child {
    ChunkRef ref;
    std::uint64_t bytes = 0;
  };

  Child store_node(std::uint8_t level, const Run& run, std::uint64_t offset, WorkerTools& tools);
  std::vector<Child> store_level(std::uint8_t level, const std::vector<Child>& below,
                                 WorkerTools& tools);

  ChunkWriter& chunks_;
  const ManifestReader* predecessor_;
  const Chunking chunking_;
  const std::size_t fan_out_;
  std::mutex mutex_;                   // guards the rest
  std::map<std::uint64_t, Run> runs_;  // by node index; those not yet full
  std::vector<Child> leaves_;          // by node index
  std::uint64_t count_ = 0;
};

}  // namespace varve
