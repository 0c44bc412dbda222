// Which files of which snapshots a finding hurts.
#pragma once

#include <stop_token>
#include <vector>

#include "store/check/check_table.h"

namespace varve {

// Fills in Finding::files, the newest snapshot first: every file that needs one of the finding's
// chunks, or a chunk that is built on one of them. Walks the manifests, each node once.
void name_files(Repository& repository, const CheckTable& table, const Dependents& dependents,
                const std::vector<Snapshot>& snapshots, std::vector<Finding>& findings,
                const std::stop_token& stop);

}  // namespace varve
