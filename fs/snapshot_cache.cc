#include "fs/snapshot_cache.h"

#include <algorithm>
#include <utility>

namespace varve {
namespace {

constexpr std::size_t kRecent = 32;

}  // namespace

SnapshotCache::SnapshotCache(Repository& repository, std::string source)
    : repository_(repository), source_(std::move(source)) {}

std::shared_ptr<const SnapshotView> SnapshotCache::find(const SnapshotId& id) {
  if (auto view = remembered(id)) return view;
  std::optional<Snapshot> snapshot = read_now(id);
  if (!snapshot) return nullptr;
  auto view = std::make_shared<const SnapshotView>(std::move(*snapshot));
  keep(view);
  return view;
}

std::optional<Snapshot> SnapshotCache::read_now(const SnapshotId& id) {
  const auto row = repository_.catalog().snapshot(id);
  if (!row) return std::nullopt;
  Snapshot snapshot = to_snapshot(*row);
  return source_.empty() ? std::move(snapshot) : only_source(std::move(snapshot), source_);
}

std::shared_ptr<const SnapshotView> SnapshotCache::remembered(const SnapshotId& id) {
  const std::lock_guard lock(mutex_);
  const auto place = alive_.find(id);
  return place == alive_.end() ? nullptr : place->second.lock();
}

void SnapshotCache::keep(const std::shared_ptr<const SnapshotView>& view) {
  const std::lock_guard lock(mutex_);
  recent_.push_front(view);
  if (recent_.size() > kRecent) recent_.pop_back();
  // As often as the cache turns over, the names of what is gone go too.
  if (alive_.size() > 4 * kRecent) {
    std::erase_if(alive_, [](const auto& item) { return item.second.expired(); });
  }
  alive_[view->snapshot().id] = view;
}

void SnapshotCache::drop_unless(const std::function<bool(const SnapshotId&)>& is_listed) {
  const std::lock_guard lock(mutex_);
  std::erase_if(recent_, [&](const auto& view) { return !is_listed(view->snapshot().id); });
}

}  // namespace varve
