// SIGTERM, SIGINT and SIGHUP as an orderly end of the mount.
//
// The signals are taken by a thread of its own, so that what has to end first can be waited for
// while requests are still being answered. libfuse's own handlers are not used for that reason,
// and because a signal that comes just before its loop begins to wait is lost to them.
#pragma once

#include <pthread.h>

#include <csignal>
#include <functional>
#include <thread>

namespace varve {

// Blocks the signals in the calling thread, and so in all that it starts, for its lifetime.
class EndSignalsBlocked {
 public:
  EndSignalsBlocked();
  ~EndSignalsBlocked();
  EndSignalsBlocked(const EndSignalsBlocked&) = delete;
  EndSignalsBlocked& operator=(const EndSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

class EndSignals {
 public:
  // At the first signal calls `end` on a thread, then interrupts system calls of the
  // constructing thread again and again until this is destroyed. The signals must be blocked.
  explicit EndSignals(std::function<void()> end);

 private:
  void wait(const std::stop_token& stop) const;

  const std::function<void()> end_;
  const pthread_t serving_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace varve
