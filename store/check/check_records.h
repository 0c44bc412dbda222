// Snapshot records for check: the catalog's copies held against those on disk.
#pragma once

#include <vector>

#include "store/check/check_findings.h"
#include "store/repository/repository.h"

namespace varve {

// The catalog's snapshots, oldest first, as far as their records can be decoded: the catalog's
// copy or, where that is damaged, the one on disk. Attestations are compared too. What is wrong
// goes to `findings` and hurts all files of the snapshot.
std::vector<Snapshot> check_records(Repository& repository, Findings& findings);

}  // namespace varve
