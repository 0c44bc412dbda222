// Walks the manifests of many files at once, every node a single time however many snapshots
// share it. For gc and check, which ask for all that is needed; ManifestReader is for one file.
//
// Goes down level by level and reads the nodes of a level on several threads.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <stop_token>
#include <unordered_set>
#include <vector>

#include "store/core/error.h"
#include "store/repository/repository.h"
#include "store/transform/manifest.h"

namespace varve {

class ManifestWalk {
 public:
  // Never called from two threads at once.
  struct Visitor {
    // References as files and nodes hold them: chunks and nodes, some of them many times.
    std::function<void(std::span<const ChunkRef>)> references;
    // A node that cannot be read. What it throws ends the walk.
    std::function<void(const ChunkRef& node, const Error& why)> unreadable;
  };

  ManifestWalk(Repository& repository, unsigned threads, std::stop_token stop)
      : repository_(repository), threads_(threads), stop_(std::move(stop)) {}

  // Walks what earlier calls have not walked yet. Throws interrupted Error.
  void walk(const std::vector<Snapshot>& snapshots, const Visitor& visitor);

 private:
  void add_node(const ChunkRef& ref, std::uint8_t level);
  void walk_level(std::uint8_t level, const Visitor& visitor);

  Repository& repository_;
  const unsigned threads_;
  const std::stop_token stop_;
  // Nodes, by the level that led to them: one of two levels is damage on the second.
  std::array<std::unordered_set<ChunkRef>, kHighestLevel + 1> met_;
  std::array<std::vector<ChunkRef>, kHighestLevel + 1> waiting_;  // by level
};

}  // namespace varve
