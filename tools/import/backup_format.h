// What a backup holds, told by its first bytes.
#pragma once

#include <string_view>

#include "store/core/bytes.h"
#include "store/snapshots/snapshot.h"

namespace varve {

enum class BackupFormat {
  other,   // anything: a text dump, for example
  sqlite,  // an SQLite database
  redis,   // an RDB file
  pgdump,  // PostgreSQL's custom format
  tar,
  packed,  // gzip, zstd, bzip2 or xz: what it holds, its own first bytes tell
};

// So many first bytes tell; fewer where there are no more.
inline constexpr std::size_t kFormatBytes = 512;
BackupFormat format_of(ByteView first_bytes);

std::string_view kind_of(BackupFormat format);  // SourceInfo::kind
Chunking chunking_of(BackupFormat format);

}  // namespace varve
