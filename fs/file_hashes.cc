#include "fs/file_hashes.h"

#include <chrono>
#include <utility>

#include "store/core/error.h"
#include "store/read/file_reader.h"
#include "store/transform/digest.h"

namespace varve {

FileHashes::FileHashes(Repository& repository, std::stop_token stop)
    : repository_(repository), stop_(std::move(stop)) {}

std::optional<Sha256> FileHashes::known(const Snapshot& snapshot, const FileEntry& file) {
  if (const auto attested = snapshot.sha256_of(file.path)) return attested;
  const std::lock_guard lock(mutex_);
  const auto place = computed_.find({file.root, file.levels, file.size});
  if (place == computed_.end()) return std::nullopt;
  const bool done = place->second.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  return done ? std::optional(place->second.get()) : std::nullopt;
}

Sha256 FileHashes::get(const Snapshot& snapshot, const FileEntry& file) {
  if (const auto attested = snapshot.sha256_of(file.path)) return *attested;
  const Content content{file.root, file.levels, file.size};
  std::promise<Sha256> promise;
  std::unique_lock lock(mutex_);
  const auto [place, ours] = computed_.try_emplace(content, promise.get_future().share());
  const std::shared_future<Sha256> result = place->second;
  lock.unlock();
  if (!ours) return result.get();
  try {
    promise.set_value(compute(file));
  } catch (...) {
    lock.lock();
    computed_.erase(content);  // the next one who asks tries again
    lock.unlock();
    promise.set_exception(std::current_exception());
  }
  return result.get();
}

Sha256 FileHashes::compute(const FileEntry& file) const {
  FileReader reader(repository_.chunks(), file, ChunkReader::Check::id);
  Sha256Stream hash;
  reader.stream([&](ByteView bytes) {
    if (stop_.stop_requested()) {
      throw Error(ErrorCode::interrupted, "the mount is ending");
    }
    hash.update(bytes);
  });
  return hash.finish();
}

}  // namespace varve
