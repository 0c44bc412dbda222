// Which bytes of a file cannot be read any more, because chunks of it are lost.
//
// Walks the manifest; a node under which all is there is looked at once, however many files share
// it. Not thread-safe. Memory: some 40 bytes for each sound node and each lost chunk.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/core/ids.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/manifest.h"
#include "store/transform/object.h"

namespace varve {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// A file of a snapshot of which something is lost.
struct HurtFile {
  std::string snapshot;
  std::string path;
  std::uint64_t size = 0;         // of the file
  std::vector<ByteRange> ranges;  // in order, none touches another
};

class FileLosses {
 public:
  // Whether the chunk is there, and a node's plain bytes, where it is (a corrupt Error: it counts
  // as lost).
  using Has = std::function<bool(const ChunkRef&, ObjectKind)>;
  using ReadNode = std::function<RawBytes(const ChunkRef&)>;
  FileLosses(Has has, ReadNode read_node)
      : has_(std::move(has)), read_node_(std::move(read_node)) {}

  struct Found {
    std::vector<ByteRange> ranges;
    bool manifest = false;  // a node is lost
  };
  Found look(const FileEntry& file);

  // All that look() has found lost so far.
  const std::unordered_map<ChunkRef, ObjectKind>& lost() const noexcept { return lost_; }

 private:
  struct Part {
    ChunkRef ref;
    std::uint8_t level = 0;
    ByteRange range;
  };
  void look(const FileEntry& file, const Part& part, Found& found);
  bool look_below(const FileEntry& file, const Part& part, Found& found);
  void add(Found& found, const ByteRange& range);
  bool is_too_much(const Found& found);

  const Has has_;
  const ReadNode read_node_;
  std::unordered_set<ChunkRef> sound_;  // nodes with all below them
  // Nodes of which nothing is left below; whether a node is among what is lost.
  std::unordered_map<ChunkRef, bool> gone_;
  std::uint64_t nodes_read_ = 0;  // for the present file
  std::uint64_t lost_bytes_ = 0;  // likewise
  std::unordered_map<ChunkRef, ObjectKind> lost_;
};

}  // namespace varve
