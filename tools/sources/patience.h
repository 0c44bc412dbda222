// How long a lock that somebody else holds is waited for.
#pragma once

#include <chrono>
#include <stop_token>

namespace varve {

struct Patience {
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(5);
  std::stop_token stop;  // ends the wait at once, with an interrupted Error
};

}  // namespace varve
