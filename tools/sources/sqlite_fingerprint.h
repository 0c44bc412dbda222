// The cheap identity of a database's state, for Source::fingerprint.
//
// The stamps of the database file and of its write-ahead log (a commit in WAL mode touches only
// the log), the change counters of the database's header, and the log's own header. A log that
// is missing, and one that is empty, are the same: opening an idle WAL database makes an empty
// one and closing it removes it. The -shm file is left out: readers write to it.
#pragma once

#include "store/core/file.h"

namespace varve {

// `database` is absolute, without symbolic links. Empty where the state cannot be told.
Bytes sqlite_fingerprint(const Path& database);

}  // namespace varve
