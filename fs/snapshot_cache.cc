#include "fs/snapshot_cache.h"

#include <utility>

namespace varve {
namespace {

constexpr std::size_t kRecent = 32;

}  // namespace

SnapshotCache::SnapshotCache(Repository& repository, std::string source)
    : repository_(repository), source_(std::move(source)) {}

std::shared_ptr<const SnapshotView> SnapshotCache::find(const SnapshotId& id) {
  if (auto view = remembered(id, std::nullopt)) return view;
  return load(id, repository_.catalog().generation());
}

std::shared_ptr<const SnapshotView> SnapshotCache::find_current(const SnapshotId& id) {
  const std::uint64_t generation = repository_.catalog().generation();
  if (auto view = remembered(id, generation)) return view;
  if (auto view = load(id, generation)) return view;
  return remembered(id, std::nullopt);
}

std::shared_ptr<const SnapshotView> SnapshotCache::load(const SnapshotId& id,
                                                        std::uint64_t generation) {
  const auto row = repository_.catalog().snapshot(id);
  if (!row) return nullptr;
  Snapshot snapshot = to_snapshot(*row);
  if (!source_.empty()) snapshot = only_source(std::move(snapshot), source_);
  auto view = std::make_shared<const SnapshotView>(std::move(snapshot));
  keep(view, generation);
  return view;
}

std::shared_ptr<const SnapshotView> SnapshotCache::remembered(
    const SnapshotId& id, std::optional<std::uint64_t> generation) {
  const std::lock_guard lock(mutex_);
  const auto place = alive_.find(id);
  if (place == alive_.end()) return nullptr;
  if (generation && place->second.generation != *generation) return nullptr;
  return place->second.view.lock();
}

void SnapshotCache::keep(const std::shared_ptr<const SnapshotView>& view,
                         std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  recent_.push_front(view);
  if (recent_.size() > kRecent) recent_.pop_back();
  // As often as the cache turns over, the names of what is gone go too.
  if (alive_.size() > 4 * kRecent) {
    std::erase_if(alive_, [](const auto& item) { return item.second.view.expired(); });
  }
  alive_[view->snapshot().id] = {view, generation};
}

void SnapshotCache::drop_unless(const std::function<bool(const SnapshotId&)>& is_listed) {
  const std::lock_guard lock(mutex_);
  std::erase_if(recent_, [&](const auto& view) { return !is_listed(view->snapshot().id); });
}

}  // namespace varve
