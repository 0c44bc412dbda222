// A process that goes into the background only when it is ready.
//
// The parent waits until the child says so, or for the error that kept it from getting there.
// Nothing may have started a thread before: a fork copies only the calling one.
#pragma once

#include <functional>

#include "store/core/file.h"

namespace varve {

// The child's word to the parent, given once.
class Readiness {
 public:
  Readiness() = default;  // nobody waits: in the foreground
  explicit Readiness(File pipe) : pipe_(std::move(pipe)) {}

  // The parent returns; standard input, output and error of this process go to /dev/null.
  void ready();
  // The parent throws this error.
  void failed(const class Error& error);

 private:
  File pipe_;
};

// Runs `work` in a child that leads a session of its own, and returns in the parent when the
// child is ready. An Error of `work` before that is thrown here, in the parent. The child ends
// with `work`'s result and never returns.
void run_in_background(const std::function<int(Readiness&)>& work);

}  // namespace varve
