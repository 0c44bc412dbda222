// Reading what a snapshot needs: every object's checksum, decode, and name.
//
// Chunks that are built on each other are read as a tree, the full chunk first, so that each is
// decoded once and no cache is needed: a thread holds one chunk for each level. The trees come in
// the order in which their full chunks lie in the packs.
#pragma once

#include <functional>
#include <stop_token>

#include "store/check/check_table.h"

namespace varve {

struct DataRead {
  std::uint64_t chunks = 0;     // decoded and hashed
  std::uint64_t raw_bytes = 0;  // of these
};

struct DataOptions {
  double percent = 100;  // of the chunks, chosen at random; their bases are decoded besides
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // chunks
  std::stop_token stop = {};
};

// What is wrong goes to `findings`. Throws interrupted Error.
DataRead read_chunks(Repository& repository, const CheckTable& table, const Dependents& dependents,
                     const DataOptions& options, Findings& findings);

}  // namespace varve
