// Where the bytes are.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "store/repository/repository.h"

namespace varve {

struct ObjectTotals {
  std::uint64_t count = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t stored_bytes = 0;  // without headers
  std::uint64_t header_bytes = 0;
};

// A restore that was measured.
struct Drill {
  std::string source;
  std::string snapshot;
  Timestamp time;
  double restore_seconds = 0;
  friend bool operator==(const Drill&, const Drill&) = default;
};

struct Stats {
  std::uint64_t snapshots = 0;
  std::uint64_t raw_bytes = 0;     // sum of all snapshots' files
  std::uint64_t stored_bytes = 0;  // everything in the repository's folder that holds data
  ObjectTotals chunks;             // file data, live or not
  ObjectTotals manifests;
  std::uint64_t pack_overhead_bytes = 0;  // pack headers and footers
  std::uint64_t catalog_bytes = 0;
  std::uint64_t records_bytes = 0;  // snapshot records and attestations
  std::uint64_t parity_bytes = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t garbage_bytes = 0;  // of the objects above, what no snapshot needs
  // Snapshots by Snapshot::verified().
  std::map<std::string, std::uint64_t> verified;
  std::optional<Drill> last_drill;  // the newest that passed
  double ratio() const;             // raw to stored
};

Stats collect_stats(Repository& repository);

}  // namespace varve
