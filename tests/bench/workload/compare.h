// How much of a database differs between two states.
#pragma once

#include <cstdint>
#include <string>

namespace varve::bench {

struct Difference {
  std::int64_t pages = 0;  // of 4 KiB, in the longer file
  std::int64_t changed_pages = 0;
  std::int64_t extents = 0;  // of 64 KiB, likewise
  std::int64_t changed_extents = 0;
};

// Compares the files position by position; what only one of them has counts as changed.
Difference compare(const std::string& before, const std::string& after);

}  // namespace varve::bench
