#include "fs/watcher.h"

#include <chrono>
#include <utility>

namespace varve {
namespace {

constexpr std::chrono::milliseconds kPeriod{200};

}  // namespace

Watcher::Watcher(SnapshotList& list, Actions actions, Log& log)
    : list_(list),
      actions_(std::move(actions)),
      log_(log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Watcher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Watcher::run(const std::stop_token& stop) {
  actions_.at_start();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    look();
    lock.lock();
    wake_.wait_for(lock, stop, kPeriod, [] { return false; });
  }
}

void Watcher::look() {
  try {
    std::shared_ptr<const Listing> now = list_.current();
    if (now != seen_) {
      actions_.changed(seen_.get(), *now);
      seen_ = std::move(now);
    }
    actions_.every_time();
  } catch (const std::exception& error) {
    log_.error_once(std::string("watching the repository: ") + error.what());
  }
}

}  // namespace varve
