// One file of a snapshot, read at any offset: manifest nodes lazily, chunks on demand.
//
// Thread-safe. Keeps the manifest nodes that it met (about 16 bytes for each 64 KiB of file).
// The ChunkReader must outlive it.
#pragma once

#include <functional>
#include <memory>

#include "store/read/manifest_reader.h"
#include "store/snapshots/snapshot.h"

namespace varve {

class FileReader {
 public:
  FileReader(ChunkReader& chunks, FileEntry file,
             ChunkReader::Check check = ChunkReader::Check::stored);
  ~FileReader();

  const FileEntry& file() const noexcept;
  std::uint64_t size() const noexcept { return file().size; }

  // Fills `out` from `offset`; returns fewer bytes only at the file's end (0 beyond it).
  std::size_t read(std::uint64_t offset, MutableBytes out);

  // The chunk that holds `offset` (< size): for readers that want no copy, and for reading ahead.
  using Piece = ManifestReader::Piece;
  Piece piece_at(std::uint64_t offset);
  // Its bytes, of the length that the manifest says.
  ChunkBytes load(const Piece& piece);

  // The whole file in order, decoded on `threads` threads ahead of `take`, which is called in
  // order on the calling thread.
  void stream(const std::function<void(ByteView)>& take, unsigned threads = 2);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
