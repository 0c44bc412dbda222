#include "store/gc/manifest_walk.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "store/core/parallel.h"

namespace varve {
namespace {

// Fewer nodes are read faster than a thread starts.
constexpr std::size_t kWorthThreads = 16;

// No fault of the node's.
bool is_of_the_catalog(const Error& error) {
  return error.code() == ErrorCode::no_space || error.code() == ErrorCode::locked;
}

}  // namespace

void ManifestWalk::walk(const std::vector<Snapshot>& snapshots, const Visitor& visitor) {
  for (const Snapshot& snapshot : snapshots) {
    for (const FileEntry& file : snapshot.files) {
      if (!file.root) continue;
      visitor.references(std::span(&*file.root, 1));
      if (file.levels > kHighestLevel) {
        visitor.unreadable(*file.root,
                           corrupt_error(fmt::format("the record of {}", snapshot.name)));
      } else if (file.levels > 0) {
        add_node(*file.root, file.levels);
      }
    }
  }
  for (std::uint8_t level = kHighestLevel; level > 0; --level) walk_level(level, visitor);
}

void ManifestWalk::add_node(const ChunkRef& ref, std::uint8_t level) {
  if (met_[level].insert(ref).second) waiting_[level].push_back(ref);
}

void ManifestWalk::walk_level(std::uint8_t level, const Visitor& visitor) {
  const std::vector<ChunkRef> nodes = std::exchange(waiting_[level], {});
  std::mutex mutex;  // guards visitor, met_, waiting_
  const auto read = [&](std::size_t i) {
    ManifestNode node;
    try {
      node = decode_node(*repository_.chunks().read(nodes[i]), level);
    } catch (const Error& error) {
      if (is_of_the_catalog(error)) throw;
      const std::lock_guard lock(mutex);
      visitor.unreadable(nodes[i], error);
      return;
    }
    const std::lock_guard lock(mutex);
    visitor.references(node.refs);
    if (level == 1) return;
    const auto below = static_cast<std::uint8_t>(level - 1);
    for (const ChunkRef& child : node.refs) add_node(child, below);
  };
  for_each_index(nodes.size(), nodes.size() < kWorthThreads ? 1 : threads_, stop_, read);
}

}  // namespace varve
