#include "fs/pins.h"

#include <fmt/format.h>

#include <vector>

#include "store/core/error.h"

namespace varve {

Pins::Pins(Repository& repository, SnapshotList& list, const std::string& description, Log& log)
    : list_(list), log_(log) {
  try {
    session_.emplace(repository, description);
  } catch (const Error& error) {
    log_.error(fmt::format("open files are not protected from gc: {}", error.what()));
  }
}

Pins::Pin Pins::hold(const SnapshotView& view) {
  const SnapshotId id = view.snapshot().id;
  const std::lock_guard lock(mutex_);
  const auto place = pinned_.find(id);
  if (place != pinned_.end()) {
    if (Pin pin = place->second.lock()) return pin;
  }
  record(view.snapshot());
  // Only now, after gc was told (see reader_session.h).
  if (list_.current()->find(id) == nullptr) return nullptr;
  const auto pin = std::make_shared<const SnapshotId>(id);
  pinned_[id] = pin;
  return pin;
}

// A full disk must not keep anybody from reading: the file is at risk only if its snapshot is
// forgotten and collected while it is open.
void Pins::record(const Snapshot& snapshot) {
  if (!session_) return;
  try {
    session_->pin({snapshot});
  } catch (const Error& error) {
    log_.error_once(
        fmt::format("open files of {} are not protected from gc: {}", snapshot.name, error.what()));
  }
}

void Pins::settle() {
  const std::lock_guard lock(mutex_);
  std::erase_if(pinned_, [](const auto& item) { return item.second.expired(); });
  if (!session_) return;
  std::vector<SnapshotId> held;
  for (const auto& [id, pin] : pinned_) held.push_back(id);
  session_->keep_only(held);
}

}  // namespace varve
