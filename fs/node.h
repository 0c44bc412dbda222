// What a name on the mount stands for, as a small value: enough to find the thing again.
//
// Nothing about a snapshot's content is kept in it, so that a listing of 10,000 snapshots, each
// a node that the kernel remembers, stays small.
#pragma once

#include <string>

#include "store/core/ids.h"

namespace varve {

enum class NodeKind : std::uint8_t {
  root,          // /
  axis,          // /by-source, /by-tag
  label,         // /by-source/SOURCE
  latest,        // /latest
  label_latest,  // /by-source/SOURCE/latest
  link,          // /by-source/SOURCE/NAME
  entry,         // a snapshot's folder, and everything in it
};

enum class Axis : std::uint8_t { source, tag };

struct Node {
  NodeKind kind = NodeKind::root;
  Axis axis = Axis::source;  // axis, label, label_latest, link
  std::uint32_t entry = 0;   // entry: index in the SnapshotView
  SnapshotId snapshot;       // link, entry
  std::string label;         // label, label_latest, link: as in the path
  std::uint64_t inode = 0;   // the number it would like to have; see node_table.h
};

// Whether two nodes mean the same thing.
bool same_thing(const Node& a, const Node& b);

// Inode numbers are hashes of what a node means, never of when it was met: they are the same
// after a remount. Never 0 or 1 (the root's).
std::uint64_t inode_of(const SnapshotId& snapshot, std::string_view path);
std::uint64_t inode_of(std::string_view path);  // outside of the snapshots

}  // namespace varve
