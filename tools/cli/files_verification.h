// Proves a folder's files: all are read back, SQLite databases are checked by SQLite.
//
// A file whose bytes are those that the last snapshot of this source has, and that were proven
// there at this level or better, is not read again: a large folder with small changes is proven as
// quickly as it was stored.
#pragma once

#include "tools/cli/proving.h"

namespace varve::cli {

// One attestation for the whole source. Row counts are named "PATH:TABLE". Throws an interrupted
// Error. (A proof that is older than the request's `since` counts for nothing.)
Attestation verify_files(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                         const ProvingRequest& request);

}  // namespace varve::cli
