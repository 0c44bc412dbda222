// A manifest node: a run of references to chunks (level 1) or to nodes one level below.
//
// A file's manifest is a tree of nodes, each stored as a chunk of kind `node`, so that two
// snapshots share what they have in common, and a changed node is a small delta against its
// predecessor. All nodes but the last of a level are full (`node_entries` of the repository).
// Files of one chunk have no node at all (FileEntry::levels 0).
//
// Bytes (FORMAT.md "Manifest node"): level u8 | flags u8 (1: lengths) | count u16 | refs, 16
// each | lengths: u32 each at level 1, u64 each above. Only the level 1 nodes of files cut into
// extents have no lengths.
// References first and lengths behind, in columns: a delta then skips over what did not change.
// Pure.
#pragma once

#include <vector>

#include "store/core/encoding.h"
#include "store/core/ids.h"

namespace varve {

struct ManifestNode {
  std::uint8_t level = 1;
  std::vector<ChunkRef> refs;
  std::vector<std::uint64_t>
      lengths;  // plain bytes below each ref, none of them 0; empty for extents
};

inline constexpr std::uint8_t kHighestLevel = 6;

Bytes encode_node(const ManifestNode& node);
// Throws a corrupt Error where the bytes are no node, or one of another level.
ManifestNode decode_node(ByteView bytes, std::uint8_t expected_level);

}  // namespace varve
