// A page-structured file on its way into the store: cut at fixed offsets, each extent compared
// with the one at the same offset of the last snapshot.
//
// Unchanged by its keyed XXH3-128: the old ref is taken over. Else it goes to the ChunkWriter,
// with the old chunk as predecessor. One thread fills buffers; workers do the rest. Destroyed in
// the middle it drops what the workers have not begun.
#pragma once

#include <memory>
#include <optional>

#include "store/ingest/buffer_pool.h"
#include "store/ingest/chunk_writer.h"
#include "store/ingest/fingerprint_table.h"
#include "store/ingest/manifest_builder.h"
#include "store/ingest/source.h"

namespace varve {

// What the last snapshot knows about the same file. Members may be null.
struct Predecessor {
  std::unique_ptr<ManifestReader> manifest;
  std::unique_ptr<FingerprintTable> fingerprints;
};

class ExtentFile {
 public:
  // `buffers` are of the extent's size.
  ExtentFile(ChunkWriter& chunks, Workers& workers, const RepositoryConfig& config,
             BufferPool& buffers, std::shared_ptr<const Predecessor> predecessor,
             FingerprintTableWriter& fingerprints);

  MutableBytes buffer();
  void produced(std::size_t count);

  struct Result {
    std::uint64_t size = 0;
    ManifestBuilder::Root root;
  };
  Result finish();  // all bytes were produced

 private:
  struct Extent {
    std::uint64_t index = 0;
    Bytes bytes;
    std::size_t filled = 0;
  };
  void submit();
  void process(const Extent& extent, WorkerTools& tools);
  std::optional<ChunkRef> predecessor_ref(const Extent& extent) const;

  ChunkWriter& chunks_;
  const RepositoryConfig& config_;
  BufferPool& buffers_;
  std::shared_ptr<const Predecessor> predecessor_;  // until finish()
  ManifestBuilder manifest_;
  FingerprintTableWriter& fingerprints_;
  std::optional<Extent> current_;
  std::uint64_t next_index_ = 0;
  std::uint64_t size_ = 0;
  TaskGroup tasks_;  // last: its tasks use all the rest
};

}  // namespace varve
