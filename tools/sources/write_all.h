// Bytes at hand, given to a file of a snapshot.
#pragma once

#include <algorithm>
#include <cstring>

#include "store/ingest/source.h"

namespace varve {

inline void write_all(FileWriter& writer, ByteView bytes) {
  while (!bytes.empty()) {
    const MutableBytes room = writer.buffer();
    const std::size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    writer.produced(count);
    bytes = bytes.subspan(count);
  }
}

}  // namespace varve
