// Packs, records and attestations held against their parity, and mended out of it.
//
// What the catalog knows counts: a file that a crash left, or that an ingest is just writing, may
// be without parity.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "store/check/check_findings.h"
#include "store/repository/repository.h"

namespace varve {

struct ParityCheck {
  bool read_data = false;  // else only: does each file have its sidecar?
  double percent = 100;    // of the packs, chosen at random, with read_data; of the rest, all
  // Damaged files, and sidecars that are damaged or missing, are written anew; only under the gc
  // lock. Comes with read_data, of everything.
  bool repair = false;
  unsigned threads = 2;
  std::stop_token stop = {};
};

// What is wrong, and was not mended, goes to `findings`. Returns what was mended, a line each.
// Nothing to do where the repository has no parity. Throws interrupted Error.
std::vector<std::string> check_parity(Repository& repository, const ParityCheck& options,
                                      Findings& findings);

}  // namespace varve
