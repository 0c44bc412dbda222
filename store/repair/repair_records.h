// Snapshot records and attestations put right from the catalog's copies of them.
#pragma once

#include <string>
#include <vector>

#include "store/repository/repository.h"

namespace varve {

struct MendedRecords {
  std::vector<Snapshot> snapshots;  // those of the catalog whose record can be read, oldest first
  // One line for each file that was (dry run: would be) written anew…
  std::vector<std::string> mended;
  // …and for each that cannot be put right from here.
  std::vector<std::string> hopeless;
};

// A record or attestation that is missing or damaged is written anew; what is damaged goes to
// broken/ before that.
MendedRecords mend_records(Repository& repository, bool dry_run);

}  // namespace varve
