// A stream on its way into the store: cut by content, each new chunk tried as a delta against
// its neighbourhood in the last snapshot of the same file.
//
// Where a chunk equals one of the last version, its neighbours probably correspond: the base of
// a new chunk is the one as far behind the last match as the new chunk is.
// One thread fills buffers; workers do the rest. Destroyed in the middle it drops what the workers
// have not begun.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "store/chunk_writer.h"
#include "store/manifest_builder.h"
#include "store/source.h"
#include "store/transform/chunker.h"

namespace varve {

class StreamFile {
 public:
  // `predecessor` may be null. `size_hint`: about so many bytes will come; 0 if nobody knows.
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
  void process(std::uint64_t index, ByteView bytes, WorkerTools& tools);
  std::optional<ChunkRef> base_for(std::uint64_t index);
  void note_match(std::uint64_t index, const ChunkRef& ref);
  void load_neighbours(const ManifestReader& predecessor);

  ChunkWriter& chunks_;
  const RepositoryConfig& config_;
  const Chunker chunker_;
  ManifestBuilder manifest_;
  Bytes window_;  // bytes not yet cut
  std::size_t filled_ = 0;
  std::uint64_t next_index_ = 0;
  std::uint64_t size_ = 0;
  std::vector<ChunkRef> old_;                           // the last version's chunks
  std::unordered_map<ChunkRef, std::size_t> position_;  // in old_
  std::mutex mutex_;                                    // guards matches_
  std::map<std::uint64_t, std::size_t> matches_;        // new index → position in old_, a few
  TaskGroup tasks_;                                     // last: its tasks use all the rest
};

}  // namespace varve
