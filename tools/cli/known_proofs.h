// Proofs that hold for another snapshot too, as it has the very same bytes.
//
// A source that did not change is the same files with the same contents in many snapshots, stored
// once. To read them again for each would prove nothing more. What is taken over keeps the time of
// the proof, so that it ages with it, and names the snapshot that was read.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace varve::cli {

// Thread-safe.
class KnownProofs {
 public:
  // What was attested of this snapshot and passed, at `since` or later.
  void add(const Snapshot& snapshot, Timestamp since);
  // A new proof of it.
  void add(const Snapshot& snapshot, const Attestation& proof);

  // A proof of the level or a better one, which put these assertions: as an attestation of
  // `snapshot`, its taken_from set unless it is of that snapshot itself.
  std::optional<Attestation> find(const Snapshot& snapshot, std::uint32_t source,
                                  const std::string& level,
                                  const std::vector<std::string>& assertions) const;

 private:
  struct Known {
    std::string snapshot;  // its name
    Attestation proof;
  };

  mutable std::mutex mutex_;                         // guards what follows
  std::map<std::string, std::vector<Known>> known_;  // by content
};

}  // namespace varve::cli
