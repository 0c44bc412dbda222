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
//
// Where much was put in or taken out, no anchor is found any more: the stream is lost. Then the
// ends of all old chunks are read, once (a second for a gigabyte), and from there on each new chunk
// finds by its own end where it belongs. Always doing so, or keeping the ends in a cache, would
// cost more than it saves.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "store/read/manifest_reader.h"

namespace varve {

class StreamBases {
 public:
  // `predecessor` may be null: then there are no bases. Parts have at least `smallest_part` bytes.
  StreamBases(const ManifestReader* predecessor, std::size_t smallest_part);

  struct Part {
    std::size_t length = 0;
    std::optional<std::size_t> old;  // number of the old chunk that it replaces
  };
  // The chunk of the new version at `offset`, in parts that replace one old chunk each.
  std::vector<Part> parts(std::uint64_t offset, ByteView chunk) const;

  // Whether several chunks in a row have found no anchor: time for a survey.
  bool is_lost() const;
  // Learns where the old chunks end. `load` gives an old chunk's bytes. Others wait meanwhile.
  using Load = std::function<ChunkBytes(const ChunkRef&)>;
  void survey(const Load& load);

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
  std::uint64_t old_offset(std::uint64_t offset, ByteView chunk) const;
  void read_ends(const Load& load);

  const std::size_t smallest_part_;
  std::vector<Old> old_;
  std::unordered_map<ChunkRef, std::size_t> position_;  // in old_, the first one
  std::once_flag surveyed_;
  mutable std::mutex mutex_;                        // guards the rest
  std::map<std::uint64_t, std::uint64_t> anchors_;  // new offset → old offset, the last few
  unsigned misses_ = 0;                             // chunks in a row without an anchor
  std::optional<std::unordered_map<std::uint64_t, std::uint64_t>> ends_;  // by what stands there
};

}  // namespace varve
