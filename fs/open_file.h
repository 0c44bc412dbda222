// What the kernel holds between open and release: a stored file, a generated one, a folder.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "fs/log.h"
#include "fs/pins.h"
#include "fs/read_ahead.h"
#include "fs/tree.h"

namespace varve {

// A run of bytes for a reply, and who keeps it alive.
struct Slice {
  std::shared_ptr<const void> owner;
  ByteView bytes;
};
using Slices = std::vector<Slice>;

// A file of a snapshot. Thread-safe.
class StoredFile {
 public:
  StoredFile(std::shared_ptr<const SnapshotView> view, std::uint32_t entry, Pins::Pin pin,
             std::shared_ptr<FileReader> reader, std::uint64_t read_ahead_window);

  // All the bytes of the range that the file has, nothing copied. Throws where one of them
  // cannot be had; what is damaged is logged, once for each chunk.
  Slices read(std::uint64_t offset, std::size_t length, ReadAhead& ahead, Log& log);

 private:
  ChunkBytes load(const FileReader::Piece& piece, Log& log);
  std::string name() const;

  std::shared_ptr<const SnapshotView> view_;
  std::uint32_t entry_;
  Pins::Pin pin_;
  std::shared_ptr<FileReader> reader_;
  ReadPattern pattern_;
};

// SHA256SUMS or snapshot.json, made when it is first read, then the same until it is closed.
// Thread-safe.
class GeneratedFile {
 public:
  GeneratedFile(Pins::Pin pin, std::function<std::string()> make, bool may_change)
      : pin_(std::move(pin)), make_(std::move(make)), may_change_(may_change) {}

  Slices read(std::uint64_t offset, std::size_t length);
  std::size_t size();
  bool may_change() const noexcept { return may_change_; }

 private:
  std::shared_ptr<const std::string> text();

  Pins::Pin pin_;
  std::function<std::string()> make_;
  const bool may_change_;
  std::mutex mutex_;
  std::shared_ptr<const std::string> text_;  // guarded by mutex_
};

using OpenFile = std::variant<StoredFile, GeneratedFile>;

// A folder as it was when reading it began, or was begun again at its front. Thread-safe.
class OpenFolder {
 public:
  OpenFolder(Tree& tree, Node node) : tree_(tree), node_(std::move(node)) {}
  std::shared_ptr<const std::vector<NamedNode>> children(bool from_the_front);
  const Node& node() const noexcept { return node_; }

 private:
  Tree& tree_;
  const Node node_;
  std::mutex mutex_;
  std::shared_ptr<const std::vector<NamedNode>> children_;  // guarded by mutex_
};

}  // namespace varve
