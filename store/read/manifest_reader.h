// A file's manifest, read lazily: which chunk holds which bytes.
//
// Thread-safe. Nodes that were met are kept (about 16 bytes for each chunk). The ChunkReader
// must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/manifest.h"

namespace varve {

class ManifestReader {
 public:
  ManifestReader(ChunkReader& chunks, FileEntry file, ChunkReader::Check check);

  const FileEntry& file() const noexcept { return file_; }

  struct Piece {
    ChunkRef ref;
    std::uint64_t offset = 0;  // of the chunk's first byte in the file
    std::uint64_t length = 0;  // of the chunk
  };
  // The chunk that holds `offset` < file().size. Throws a corrupt Error.
  Piece piece_at(std::uint64_t offset) const;

  // What a node of `level` leads to, in order: nodes of the level below it, or chunks.
  std::vector<Piece> children(const Piece& node, std::uint8_t level) const;

  // A chunk's bytes, checked as the constructor was told. Throws a corrupt Error.
  ChunkBytes read(const ChunkRef& chunk) const { return chunks_.read(chunk, check_); }

  // The node of this level on the way to `offset`; nothing beyond the file or above the root.
  std::optional<ChunkRef> node_at(std::uint8_t level, std::uint64_t offset) const;

  // Visits every chunk in order until `take` returns false. A manifest that an enemy wrote may lead
  // to one chunk a billion billion times.
  void visit(const std::function<bool(const Piece& chunk)>& take) const;

 private:
  // A node with the running sums of its lengths, to find a child by bisection.
  struct IndexedNode {
    ManifestNode node;
    std::vector<std::uint64_t> ends;  // ends[i]: bytes up to and with child i
  };
  using Node = std::shared_ptr<const IndexedNode>;

  // Descends from the root to `level`; 0 is the chunk.
  Piece descend(std::uint64_t offset, std::uint8_t level) const;
  Node load(const ChunkRef& ref, std::uint8_t level, std::uint64_t bytes) const;
  std::vector<std::uint64_t> ends_of(const ManifestNode& node, std::uint64_t bytes) const;

  ChunkReader& chunks_;
  const FileEntry file_;
  const ChunkReader::Check check_;
  mutable std::mutex mutex_;  // guards nodes_
  mutable std::unordered_map<ChunkRef, Node> nodes_;
};

}  // namespace varve
