// SIGINT, SIGTERM and SIGHUP, for commands that have something to clean up.
#pragma once

#include <stop_token>
#include <thread>

#include "store/core/file.h"

namespace varve::cli {

// While one lives, the first such signal asks its token to stop; a second one ends the process at
// once with status 130 (what that leaves behind in the repository, gc takes). Construct it before
// any other thread begins: they all must have the signals blocked.
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  std::stop_token token() const noexcept { return stop_.get_token(); }

 private:
  void wait_for_signals();

  std::stop_source stop_;
  File signals_;  // signalfd
  File end_;      // eventfd: the object goes
  std::jthread thread_;
};

// For commands that leave nothing behind: a signal ends the process at once, status 130.
void exit_at_signals();

}  // namespace varve::cli
