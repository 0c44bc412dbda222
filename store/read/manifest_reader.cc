#include "store/read/manifest_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/core/error.h"

namespace varve {

ManifestReader::ManifestReader(ChunkReader& chunks, FileEntry file, ChunkReader::Check check)
    : chunks_(chunks), file_(std::move(file)), check_(check) {
  if (file_.levels > kHighestLevel) {
    throw corrupt_error(file_.path, "its manifest has too many levels");
  }
}

std::vector<std::uint64_t> ManifestReader::ends_of(const ManifestNode& node,
                                                   std::uint64_t bytes) const {
  std::vector<std::uint64_t> ends;
  ends.reserve(node.refs.size());
  const bool extents = node.lengths.empty();
  if (extents && (node.level != 1 || file_.chunking != Chunking::extents)) {
    throw corrupt_error(file_.path, "a manifest node without lengths");
  }
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < node.refs.size(); ++i) {
    const std::uint64_t length =
        extents ? std::min<std::uint64_t>(file_.extent_size, bytes - end) : node.lengths[i];
    if (length == 0 || length > bytes - end) break;
    end += length;
    ends.push_back(end);
  }
  if (end != bytes || ends.size() != node.refs.size()) {
    throw corrupt_error(file_.path, "a manifest node does not fit the file");
  }
  return ends;
}

ManifestReader::Node ManifestReader::load(const ChunkRef& ref, std::uint8_t level,
                                          std::uint64_t bytes) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = nodes_.find(ref);
    if (found != nodes_.end() && found->second->node.level == level &&
        found->second->ends.back() == bytes) {
      return found->second;
    }
  }
  auto loaded = std::make_shared<IndexedNode>();
  loaded->node = decode_node(*chunks_.read(ref, check_), level);
  loaded->ends = ends_of(loaded->node, bytes);
  const std::lock_guard lock(mutex_);
  nodes_[ref] = loaded;
  return loaded;
}

ManifestReader::Piece ManifestReader::descend(std::uint64_t offset, std::uint8_t to_level) const {
  Piece piece{file_.root.value(), 0, file_.size};
  for (std::uint8_t level = file_.levels; level > to_level; --level) {
    const Node node = load(piece.ref, level, piece.length);
    const auto end = std::ranges::upper_bound(node->ends, offset - piece.offset);
    const auto index = static_cast<std::size_t>(end - node->ends.begin());
    const std::uint64_t before = index == 0 ? 0 : node->ends[index - 1];
    piece = {node->node.refs[index], piece.offset + before, node->ends[index] - before};
  }
  return piece;
}

ManifestReader::Piece ManifestReader::piece_at(std::uint64_t offset) const {
  return descend(offset, 0);
}

std::vector<ManifestReader::Piece> ManifestReader::children(const Piece& node,
                                                            std::uint8_t level) const {
  const Node loaded = load(node.ref, level, node.length);
  std::vector<Piece> below;
  below.reserve(loaded->ends.size());
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < loaded->ends.size(); ++i) {
    below.push_back({loaded->node.refs[i], node.offset + before, loaded->ends[i] - before});
    before = loaded->ends[i];
  }
  return below;
}

std::optional<ChunkRef> ManifestReader::node_at(std::uint8_t level, std::uint64_t offset) const {
  if (level > file_.levels || offset >= file_.size) return std::nullopt;
  return descend(offset, level).ref;
}

void ManifestReader::visit(const std::function<bool(const Piece& chunk)>& take) const {
  if (!file_.root) return;
  const std::function<bool(const Piece&, std::uint8_t)> walk = [&](const Piece& piece,
                                                                   std::uint8_t level) {
    if (level == 0) return take(piece);
    const auto below = static_cast<std::uint8_t>(level - 1);
    return std::ranges::all_of(children(piece, level),
                               [&](const Piece& child) { return walk(child, below); });
  };
  walk({*file_.root, 0, file_.size}, file_.levels);
}

}  // namespace varve
