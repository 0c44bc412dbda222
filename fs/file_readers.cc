#include "fs/file_readers.h"

namespace varve {
namespace {

// Each keeps the manifest nodes that it met: 256 KiB for 1 GiB of file.
constexpr std::size_t kRecent = 16;

}  // namespace

FileReaders::FileReaders(ChunkReader& chunks, ChunkReader::Check check)
    : chunks_(chunks), check_(check) {}

std::shared_ptr<FileReader> FileReaders::get(const SnapshotView& view, std::uint32_t entry) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<FileReader>& known = alive_[{view.snapshot().id, entry}];
  std::shared_ptr<FileReader> reader = known.lock();
  if (!reader) {
    reader = std::make_shared<FileReader>(chunks_, view.file_of(view.at(entry)), check_);
    known = reader;
  }
  recent_.remove(reader);
  recent_.push_front(reader);
  if (recent_.size() > kRecent) {
    recent_.pop_back();
    std::erase_if(alive_, [](const auto& item) { return item.second.expired(); });
  }
  return reader;
}

}  // namespace varve
