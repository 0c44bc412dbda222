#include "store/read/manifest_diff.h"

#include <algorithm>
#include <unordered_set>

#include "store/read/manifest_reader.h"

namespace varve {
namespace {

using Piece = ManifestReader::Piece;

// A walk over one tree that goes into a node only where it is told to.
class Cursor {
 public:
  struct Item {
    Piece piece;
    std::uint8_t level = 0;  // 0: a chunk
    friend bool operator==(const Item& a, const Item& b) {
      return a.level == b.level && a.piece.ref == b.piece.ref && a.piece.offset == b.piece.offset &&
             a.piece.length == b.piece.length;
    }
  };

  Cursor(ChunkReader& chunks, const FileEntry& file)
      : reader_(chunks, file, ChunkReader::Check::stored) {
    if (file.root && file.size > 0) ahead_.push_back({{*file.root, 0, file.size}, file.levels});
  }

  bool at_end() const { return ahead_.empty(); }
  const Item& item() const { return ahead_.back(); }
  void pass() { ahead_.pop_back(); }
  void descend() {
    const Item node = item();
    pass();
    const std::vector<Piece> below = reader_.children(node.piece, node.level);
    const auto level = static_cast<std::uint8_t>(node.level - 1);
    for (auto child = below.rbegin(); child != below.rend(); ++child) {
      ahead_.push_back({*child, level});
    }
  }
  // The chunks from here to the end.
  std::vector<Piece> rest() {
    std::vector<Piece> chunks;
    while (!at_end()) {
      if (item().level > 0) {
        descend();
      } else {
        chunks.push_back(item().piece);
        pass();
      }
    }
    return chunks;
  }

 private:
  ManifestReader reader_;
  std::vector<Item> ahead_;  // the next one last
};

void add(std::vector<ByteRange>& ranges, const Piece& piece) {
  if (!ranges.empty() && ranges.back().offset + ranges.back().length == piece.offset) {
    ranges.back().length += piece.length;
  } else {
    ranges.push_back({piece.offset, piece.length});
  }
}

// Passes over what both have, up to the first chunks that differ. False: one of both has ended.
bool find_difference(Cursor& before, Cursor& after) {
  while (!before.at_end() && !after.at_end()) {
    if (before.item() == after.item()) {
      before.pass();
      after.pass();
      continue;
    }
    const std::uint8_t level = std::max(before.item().level, after.item().level);
    if (level == 0) return true;
    if (before.item().level == level) before.descend();
    if (after.item().level == level) after.descend();
  }
  return false;
}

FileDifference compare_extents(Cursor& before, Cursor& after) {
  FileDifference found;
  while (find_difference(before, after)) {
    add(found.before, before.item().piece);
    add(found.after, after.item().piece);
    before.pass();
    after.pass();
  }
  for (; !before.at_end(); before.pass()) add(found.before, before.item().piece);
  for (; !after.at_end(); after.pass()) add(found.after, after.item().piece);
  return found;
}

std::vector<ByteRange> only_in(const std::vector<Piece>& chunks, const std::vector<Piece>& others) {
  std::unordered_set<ChunkRef> known;
  for (const Piece& other : others) known.insert(other.ref);
  std::vector<ByteRange> ranges;
  for (const Piece& chunk : chunks) {
    if (!known.contains(chunk.ref)) add(ranges, chunk);
  }
  return ranges;
}

FileDifference compare_content(Cursor& before, Cursor& after) {
  find_difference(before, after);
  const std::vector<Piece> old_rest = before.rest();
  const std::vector<Piece> new_rest = after.rest();
  return {only_in(old_rest, new_rest), only_in(new_rest, old_rest)};
}

}  // namespace

std::uint64_t bytes_of(const std::vector<ByteRange>& ranges) {
  std::uint64_t sum = 0;
  for (const ByteRange& range : ranges) sum += range.length;
  return sum;
}

bool have_equal_extents(const FileEntry& before, const FileEntry& after) {
  return before.chunking == Chunking::extents && after.chunking == Chunking::extents &&
         before.extent_size == after.extent_size;
}

FileDifference compare_files(ChunkReader& chunks, const FileEntry& before, const FileEntry& after) {
  Cursor old_tree(chunks, before);
  Cursor new_tree(chunks, after);
  return have_equal_extents(before, after) ? compare_extents(old_tree, new_tree)
                                           : compare_content(old_tree, new_tree);
}

}  // namespace varve
