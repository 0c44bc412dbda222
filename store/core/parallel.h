// Calls work(i) for every i below `count` on up to `threads` threads, the caller's among them.
//
// The order of the calls is nearly that of i. The first exception ends the work and is thrown
// here; so is an interrupted Error once `stop` is asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace varve {

void for_each_index(std::size_t count, unsigned threads, const std::stop_token& stop,
                    const std::function<void(std::size_t)>& work);

// Throws an interrupted Error where a stop was asked for.
void throw_if_stopped(const std::stop_token& stop);

}  // namespace varve
