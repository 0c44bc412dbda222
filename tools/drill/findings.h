// What a drill found, on its way into an attestation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace varve {

struct Findings {
  std::vector<std::string> faults;  // empty: sound
  std::vector<std::string> notes;   // what could not be looked at, or went another way
  std::map<std::string, std::uint64_t> row_counts;
  std::vector<Assertion> assertions;

  // Takes over what assertions came to, and counts the false ones as faults.
  void note(std::vector<Assertion> put);
  // Makes it a fault where a table has other rows than `recorded` says, or was not counted and no
  // note says why.
  void compare_rows(const std::map<std::string, std::uint64_t>& recorded);
  // Passed, detail, row counts and assertions.
  void conclude(Attestation& made) &&;
};

// The rows that the source is known to have: as it counted them itself when it was copied, else as
// a verification of this snapshot did that passed.
std::map<std::string, std::uint64_t> recorded_rows(const Snapshot& snapshot, std::uint32_t source);

}  // namespace varve
