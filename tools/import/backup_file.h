// One file of a backup, added to a snapshot: cut as its first bytes say that it is to be.
#pragma once

#include "store/ingest/source.h"
#include "tools/import/read_bytes.h"

namespace varve {

struct BackupFile {
  Bytes front;             // its first bytes
  std::uint64_t size = 0;  // bytes
};

// `file` tells all but the chunking.
BackupFile add_backup_file(SnapshotBuilder& builder, SnapshotBuilder::NewFile file,
                           const ReadBytes& read);

}  // namespace varve
