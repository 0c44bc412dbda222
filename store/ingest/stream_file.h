// A stream on its way into the store: cut by content, each new chunk tried as a delta against
// its neighbourhood in the last snapshot of the same file.
//
// See stream_bases.h for how that is found.
// One thread fills buffers; workers do the rest. Destroyed in the middle it drops what the workers
// have not begun.
#pragma once

#include "store/ingest/chunk_writer.h"
#include "store/ingest/manifest_builder.h"
#include "store/ingest/source.h"
#include "store/ingest/stream_bases.h"
#include "store/transform/chunker.h"

namespace varve {

class StreamFile {
 public:
  // `predecessor` may be null, and outlives it. `size_hint`: about so many bytes will come; 0 if
  // nobody knows.
  StreamFile(ChunkWriter& chunks, Workers& workers, const RepositoryConfig& config,
             const ManifestReader* predecessor, std::uint64_t size_hint = 0);

  MutableBytes buffer();
  void produced(std::size_t count);

  struct Result {
    std::uint64_t size = 0;
    ManifestBuilder::Root root;
  };
  Result finish();

 private:
  void cut(bool at_end);
  void process(std::uint64_t index, std::uint64_t offset, ByteView bytes, WorkerTools& tools);
  std::vector<StreamBases::Part> parts_of(std::uint64_t offset, ByteView bytes);
  ChunkRef store(std::uint64_t offset, ByteView bytes, std::optional<std::size_t> old,
                 WorkerTools& tools);

  ChunkWriter& chunks_;
  const RepositoryConfig& config_;
  const ManifestReader* const predecessor_;
  const Chunker chunker_;
  ManifestBuilder manifest_;
  Bytes window_;  // bytes not yet cut
  std::size_t filled_ = 0;
  std::uint64_t next_index_ = 0;
  std::uint64_t size_ = 0;
  std::uint64_t cut_ = 0;  // bytes in front of the window
  StreamBases bases_;
  TaskGroup tasks_;  // last: its tasks use all the rest
};

}  // namespace varve
