// Is it a file of a Redis server's data? By its first bytes, never by its name.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/core/file.h"
#include "store/snapshots/snapshot.h"

namespace varve {

inline constexpr std::string_view kRdbFormat = "rdb";  // FileEntry::format

// "REDIS" and the four digits of a version. An append-only file that only begins with an RDB
// (Redis 4 to 6, `aof-use-rdb-preamble`) is none. Throws an io Error.
bool is_rdb(const File& file);
bool is_rdb(ByteView front);  // the first 512 bytes, or all there are

// Whether the source is one RDB file: of a Redis server, or a plain one that was stored as such.
bool is_rdb_source(const Snapshot& snapshot, std::uint32_t source);

}  // namespace varve
