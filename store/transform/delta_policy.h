// Which base a new version is stored against, and when it moves up a level.
//
// The versions of one extent form a tree of bounded depth: a full chunk, deltas on it, deltas on
// those. A new version is first tried against the deepest base; once the bytes spent on that
// base since it was written, with this version's, exceed the cost of storing the version one
// level higher, it goes one level higher, and so on up to a full chunk. (The ski-rental rule:
// never more than about twice the best choice in hindsight.) What was spent on a base stands in
// the header of its latest delta (ObjectHeader::spent), so nothing but the chain is needed.
// The cost one level higher is estimated before it is tried: the base's own size plus this
// delta's, since a delta against the base's base must tell both.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace varve {

// One version in the chain from the last one (index 0) to the full chunk (the last index).
struct ChainLevel {
  std::uint8_t depth = 0;
  std::uint32_t stored_length = 0;
  std::uint64_t spent = 0;  // on the level's own base
};

class DeltaPolicy {
 public:
  // `full_cost`: what the new version would take stored whole, estimated, bytes. It may be shorter
  // than the chain's full chunk, or longer, where chunks are cut by their content.
  DeltaPolicy(std::span<const ChainLevel> chain, std::uint32_t max_depth, std::uint64_t full_cost)
      : chain_(chain), max_depth_(max_depth), full_cost_(full_cost) {}

  // Index of the base to try first; nothing: store a full chunk.
  std::optional<std::size_t> first_base() const;
  // A delta of `size` bytes against chain[base] was made: keep it, or where to go instead.
  bool keep(std::size_t base, std::size_t size) const;
  std::optional<std::size_t> higher(std::size_t base) const;  // nothing: store a full chunk
  // ObjectHeader::spent and depth of a delta of `size` bytes against chain[base].
  std::uint64_t spent(std::size_t base, std::size_t size) const;
  std::uint8_t depth(std::size_t base) const;

 private:
  std::span<const ChainLevel> chain_;
  std::uint32_t max_depth_;
  std::uint64_t full_cost_;
};

}  // namespace varve
