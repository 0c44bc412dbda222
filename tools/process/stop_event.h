// A stop token that poll(2) can wait for.
#pragma once

#include <functional>
#include <stop_token>

#include "store/core/file.h"

namespace varve {

class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop);

  int fd() const noexcept { return event_.fd(); }  // readable once a stop was asked for

 private:
  File event_;  // eventfd
  std::stop_callback<std::function<void()>> callback_;
};

}  // namespace varve
