// Where two versions of a file differ, told by their manifests alone: no byte of the file is read.
//
// Both trees are descended side by side. What stands in both at one place, a chunk or a node with
// all that is below it, is passed over unseen, so that the work is in proportion to the change.
//
// Extents are compared offset by offset: a range that is not named is equal in both files, and one
// that is named differs somewhere. In files cut by content a chunk that moved is no difference: a
// range is named where its chunk stands nowhere in the other version behind the first difference
// (there all chunks' names are looked at, about 16 bytes for each 256 KiB). Files that are cut
// differently are compared so too, and share little.
#pragma once

#include <cstdint>
#include <vector>

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"

namespace varve {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  // bytes, never 0
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// Ranges in order, none touching the next.
struct FileDifference {
  std::vector<ByteRange> before;  // of the old file
  std::vector<ByteRange> after;  // of the new one; with extents those below both sizes are the same
  bool is_empty() const { return before.empty() && after.empty(); }
};

std::uint64_t bytes_of(const std::vector<ByteRange>& ranges);

// Of regular files. Throws a corrupt Error where a manifest is damaged.
FileDifference compare_files(ChunkReader& chunks, const FileEntry& before, const FileEntry& after);

// Whether both are cut into extents at the same offsets.
bool have_equal_extents(const FileEntry& before, const FileEntry& after);

}  // namespace varve
