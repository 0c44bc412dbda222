// Where the chunks of a stream lay in its last version: finds the bases of their deltas.
//
// In a dump every chunk changes a little, so no chunk can be recognised as a whole. But cuts are
// made by content, and most survive: a new chunk that ends in the same bytes as an old one ends
// where that one ended. Such places are anchors between the two versions. Between two anchors
// offsets shift by a few rows, so the old bytes at the same distance behind the last anchor are
// the ones that a new chunk replaces.
//
// Where a cut was lost (the bytes around it changed), a new chunk covers two old ones. It is then
// taken apart at the old cut, as a delta has one base.
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/manifest_reader.h"

namespace varve {

class StreamBases {
 public:
  // `predecessor` may be null: then there are no bases. Parts have at least `smallest_part` bytes.
  StreamBases(const ManifestReader* predecessor, std::size_t smallest_part);

  struct Part {
    std::size_t length = 0;
    std::optional<std::size_t> old;  // number of the old chunk that it replaces
  };
  // The bytes of the new version from `offset` on, in parts that replace one old chunk each.
  std::vector<Part> parts(std::uint64_t offset, std::size_t length) const;

  const ChunkRef& ref(std::size_t old) const { return old_[old].ref; }
  // Whether some old chunk is this one.
  bool has(const ChunkRef& ref) const { return position_.contains(ref); }

  // The new bytes up to `end` are chunk `ref`: an anchor, if that is an old chunk.
  void note_chunk(std::uint64_t end, const ChunkRef& ref, std::optional<std::size_t> expected);
  // The new bytes up to `end`, which `plain` are the last of, were compared with an old chunk's.
  void note_base(std::uint64_t end, ByteView plain, std::size_t old, ByteView old_plain);

 private:
  struct Old {
    ChunkRef ref;
    std::uint64_t offset = 0;
    std::uint64_t end = 0;
  };
  void anchor(std::uint64_t end, std::uint64_t old_end);
  std::uint64_t old_offset(std::uint64_t offset) const;  // mutex_ is held

  const std::size_t smallest_part_;
  std::vector<Old> old_;
  std::unordered_map<ChunkRef, std::size_t> position_;  // in old_, the first one
  mutable std::mutex mutex_;                            // guards the rest
  std::map<std::uint64_t, std::uint64_t> anchors_;      // new offset → old offset, the last few
};

}  // namespace varve
