// FileReaders by file: shared by all who have it open, the last few kept after that.
//
// Thread-safe.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "fs/snapshot_view.h"
#include "store/read/file_reader.h"

namespace varve {

class FileReaders {
 public:
  FileReaders(ChunkReader& chunks, ChunkReader::Check check);

  // `entry` is a file's index in the view.
  std::shared_ptr<FileReader> get(const SnapshotView& view, std::uint32_t entry);

 private:
  using Key = std::pair<SnapshotId, std::uint32_t>;

  ChunkReader& chunks_;
  const ChunkReader::Check check_;
  std::mutex mutex_;  // guards what follows
  std::map<Key, std::weak_ptr<FileReader>> alive_;
  std::list<std::shared_ptr<FileReader>> recent_;  // newest first; bounded
};

}  // namespace varve
