// The nodes that the kernel knows, by inode number, with its count of references to each.
//
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "fs/node.h"

namespace varve {

inline constexpr std::uint64_t kRootInode = 1;

class NodeTable {
 public:
  // The root is there from the beginning and for ever.
  explicit NodeTable(const Node& root);

  // Counts one more reference of the kernel's; returns the node's inode number: the one that it
  // would like, or where another thing has it (once in 2^63), the next free one.
  std::uint64_t remember(const Node& node);
  void forget(std::uint64_t inode, std::uint64_t references);
  // Throws a not_found Error for a number that the kernel was never given.
  Node find(std::uint64_t inode) const;
  std::size_t size() const;

 private:
  struct Known {
    Node node;
    std::uint64_t references = 0;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Known> nodes_;  // guarded by mutex_
};

}  // namespace varve
