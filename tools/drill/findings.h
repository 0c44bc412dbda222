// What a drill found, on its way into an attestation.
#pragma once

#include <string>
#include <vector>

#include "store/snapshots/snapshot.h"
#include "tools/sources/row_counts.h"

namespace varve {

struct Findings {
  std::vector<std::string> faults;  // empty: sound
  std::vector<std::string> notes;   // what could not be looked at, or went another way
  RowCounts row_counts;
  std::vector<Assertion> assertions;

  // Takes over what assertions came to, and counts the false ones as faults.
  void add_assertions(std::vector<Assertion> put);
  void add_faults(std::vector<std::string> found);
  // Passed, detail, row counts and assertions.
  void conclude(Attestation& made) &&;
};

}  // namespace varve
