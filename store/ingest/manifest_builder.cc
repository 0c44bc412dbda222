#include "store/ingest/manifest_builder.h"

#include <algorithm>
#include <numeric>

#include "store/core/error.h"

namespace varve {

ManifestBuilder::ManifestBuilder(ChunkWriter& chunks, const ManifestReader* predecessor,
                                 Chunking chunking, const RepositoryConfig& config)
    : chunks_(chunks),
      predecessor_(predecessor),
      chunking_(chunking),
      fan_out_(config.node_entries),
      max_depth_(config.max_stream_depth) {}

void ManifestBuilder::add(std::uint64_t index, const std::vector<Piece>& pieces,
                          WorkerTools& tools) {
  const std::uint64_t node = index / fan_out_;
  const std::size_t slot = index % fan_out_;
  Slots full;
  {
    const std::lock_guard lock(mutex_);
    ++count_;
    Slots& slots = slots_[node];
    if (slots.pieces.size() <= slot) slots.pieces.resize(slot + 1);
    slots.pieces[slot] = pieces;
    if (++slots.filled < fan_out_) return;
    full = std::move(slots);
    slots_.erase(node);
  }
  const Child leaf = store_leaf(node, run_of(full), tools);
  const std::lock_guard lock(mutex_);
  if (leaves_.size() <= node) leaves_.resize(node + 1);
  leaves_[node] = leaf;
}

ManifestBuilder::Run ManifestBuilder::run_of(const Slots& slots) {
  Run run;
  for (const std::vector<Piece>& pieces : slots.pieces) {
    for (const Piece& piece : pieces) {
      run.refs.push_back(piece.ref);
      run.lengths.push_back(piece.length);
    }
  }
  return run;
}

// Only extents know a node's place in the file before all nodes in front of it are full; for
// streams the position of an average chunk is as good a guess at the predecessor.
ManifestBuilder::Child ManifestBuilder::store_leaf(std::uint64_t node, const Run& run,
                                                   WorkerTools& tools) {
  return store_node(1, run, node * fan_out_ * run.lengths.front(), tools);
}

ManifestBuilder::Child ManifestBuilder::store_node(std::uint8_t level, const Run& run,
                                                   std::uint64_t offset, WorkerTools& tools) {
  ManifestNode node{.level = level, .refs = run.refs, .lengths = {}};
  if (level > 1 || chunking_ == Chunking::content) node.lengths = run.lengths;
  std::optional<ChunkRef> base;
  if (predecessor_ != nullptr) base = predecessor_->node_at(level, offset);
  const Bytes plain = encode_node(node);
  const ChunkRef ref = chunks_.put(
      {.kind = ObjectKind::node, .plain = plain, .predecessor = base, .max_depth = max_depth_},
      tools);
  return {ref, std::accumulate(run.lengths.begin(), run.lengths.end(), std::uint64_t{0})};
}

std::vector<ManifestBuilder::Child> ManifestBuilder::store_level(std::uint8_t level,
                                                                 const std::vector<Child>& below,
                                                                 WorkerTools& tools) {
  std::vector<Child> nodes;
  std::uint64_t offset = 0;
  for (std::size_t start = 0; start < below.size(); start += fan_out_) {
    Run run;
    for (std::size_t i = start; i < std::min(start + fan_out_, below.size()); ++i) {
      run.refs.push_back(below[i].ref);
      run.lengths.push_back(below[i].bytes);
    }
    nodes.push_back(store_node(level, run, offset, tools));
    offset += nodes.back().bytes;
  }
  return nodes;
}

ManifestBuilder::Root ManifestBuilder::finish(WorkerTools& tools) {
  if (count_ == 0) return {};
  if (!slots_.empty()) {
    const auto& [node, slots] = *slots_.begin();
    const Run run = run_of(slots);
    if (node == 0 && run.refs.size() == 1) return {run.refs.front(), 0};
    leaves_.resize(node + 1);
    leaves_[node] = store_leaf(node, run, tools);
    slots_.clear();
  }
  std::uint8_t level = 1;
  while (leaves_.size() > 1) leaves_ = store_level(++level, leaves_, tools);
  if (level > kHighestLevel) throw Error(ErrorCode::failed, "a file is too large for a manifest");
  return {leaves_.front().ref, level};
}

}  // namespace varve
