#include "fs/node_table.h"

#include "store/core/error.h"

namespace varve {

NodeTable::NodeTable(const Node& root) { nodes_.emplace(kRootInode, Known{root, 1}); }

std::uint64_t NodeTable::remember(const Node& node) {
  const std::lock_guard lock(mutex_);
  std::uint64_t inode = node.inode;
  while (true) {
    const auto [place, fresh] = nodes_.try_emplace(inode, Known{node, 0});
    if (fresh || same_thing(place->second.node, node)) {
      ++place->second.references;
      return inode;
    }
    ++inode;
  }
}

void NodeTable::forget(std::uint64_t inode, std::uint64_t references) {
  const std::lock_guard lock(mutex_);
  const auto place = nodes_.find(inode);
  if (place == nodes_.end() || inode == kRootInode) return;
  if (place->second.references <= references) {
    nodes_.erase(place);
  } else {
    place->second.references -= references;
  }
}

Node NodeTable::find(std::uint64_t inode) const {
  const std::lock_guard lock(mutex_);
  const auto place = nodes_.find(inode);
  if (place == nodes_.end()) throw Error(ErrorCode::not_found, "an inode that nobody asked for");
  return place->second.node;
}

std::size_t NodeTable::size() const {
  const std::lock_guard lock(mutex_);
  return nodes_.size();
}

}  // namespace varve
