// Where an object lies.
#pragma once

#include "store/core/ids.h"

namespace varve {

struct Location {
  PackId pack;
  std::uint64_t offset = 0;  // of the object's header in the pack
  std::uint32_t length = 0;  // header and stored bytes
  friend bool operator==(const Location&, const Location&) = default;
};

}  // namespace varve
