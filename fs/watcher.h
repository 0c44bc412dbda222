// Looks now and then whether the list of snapshots changed, and tells the kernel to forget the
// names that are gone. New names need no telling: what is absent is never cached.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "fs/snapshot_list.h"

namespace varve {

class Watcher {
 public:
  struct Actions {
    // Once, on the watcher's thread, before anything else.
    std::function<void()> at_start;
    // `before` is null the first time. Called without any lock held: it may wait for requests
    // that are being answered.
    std::function<void(const Listing* before, const Listing& now)> changed;
    std::function<void()> every_time;
  };
  Watcher(SnapshotList& list, Actions actions, Log& log);
  // Returns when the thread has ended; it may wait for requests that are being answered.
  void stop();

 private:
  void run(const std::stop_token& stop);
  void look();

  SnapshotList& list_;
  const Actions actions_;
  Log& log_;
  std::shared_ptr<const Listing> seen_;  // of the thread alone
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all the others
};

}  // namespace varve
