// check: is everything there, and is it what was written?
//
// Structure: catalog sound; every record decodes and equals the catalog's copy; every manifest
// node and chunk that a snapshot needs is in the catalog, in a pack that is there, and its
// header there says the same; bases likewise. Read data: besides, every live object's stored
// checksum, decode, and id. Finds all damage, not only the first.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"

namespace varve {

struct CheckOptions {
  bool read_data = false;
  double percent = 100;  // of the chunks, chosen at random, with read_data
  // First writes anew what parity and the configuration's copy can mend: damaged files, and
  // sidecars that are damaged or missing. Comes with read_data, of all; waits for no gc: a locked
  // Error where one runs.
  bool repair = false;
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // objects
  std::stop_token stop = {};
};

struct Damage {
  std::string what;                // one line: object, pack, offset, why
  std::vector<std::string> files;  // "SNAPSHOT:PATH" that are hurt, newest first
  bool is_mendable = false;        // by a check that repairs; until then it hurts nothing
};

struct CheckResult {
  std::uint64_t snapshots = 0;
  std::uint64_t chunks = 0;  // live ones, manifest nodes included
  std::uint64_t read_chunks = 0;
  std::uint64_t raw_bytes = 0;  // decoded and hashed
  double seconds = 0;
  std::vector<std::string> mended;  // a line for each file that was written anew
  std::vector<Damage> damage;       // empty: sound
  // Some of it is the catalog's own: repair_catalog() comes first, then repair_packs().
  bool catalog_is_damaged = false;
};

CheckResult check(Repository& repository, const CheckOptions& options);

}  // namespace varve
