// Repair of packs: what is whole of damaged ones is saved, what is lost is named and, where another
// repository still has it, healed.
//
// Packs under wrong names get their own back, then every pack is read. In this order, so that
// whatever comes in between leaves a repository that is no worse, and that the next run finishes:
//   1. whole objects of damaged packs, and chunks taken from the other repository, go into new
//      packs; records and attestations that are damaged are written from the catalog's copies;
//   2. REPO/lost says what is lost, and the caches that promise its presence go (losses.h);
//   3. one catalog transaction: rows lead to the new packs, and what cannot be read has none;
//   4. each damaged file moves to broken/, and then its rows go;
//   5. REPO/lost goes, if nothing is lost any more.
//
// A delta whose base is lost is lost with it, and comes back with it: its object is kept as long as
// a snapshot needs it, without a row. Packs that the catalog does not know are left to gc, unless
// something that is lost lies in one: then it is taken in.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/check/misplaced_packs.h"
#include "store/repository/file_losses.h"
#include "store/repository/repository.h"

namespace varve {

struct PackRepairOptions {
  std::optional<Path> from;  // another repository, which is only read
  bool dry_run = false;      // change nothing, tell what would be
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // packs read
  std::stop_token stop = {};
};

struct DamagedPack {
  std::string name;                 // "packs/3f/3f09…"
  std::string why;                  // one line
  std::uint64_t saved_objects = 0;  // copied out of it
  std::string kept_as;              // "broken/3f09…"; empty: there was no file, or a dry run
};

struct PackRepairResult {
  std::uint64_t packs = 0;    // that were read
  std::uint64_t objects = 0;  // whole ones in them
  std::vector<DamagedPack> damaged;
  std::vector<PutBack> put_back;     // packs that lay under wrong names
  std::uint64_t adopted_packs = 0;   // that the catalog did not know
  std::uint64_t healed_chunks = 0;   // from the other repository
  std::uint64_t mended_rows = 0;     // of sound packs' chunks that the catalog did not lead to
  std::vector<std::string> records;  // one line for each that was written anew
  std::vector<std::string> hopeless_records;
  std::uint64_t lost_chunks = 0;
  std::vector<HurtFile> hurt;  // newest snapshot first
  double seconds = 0;
};

// Throws a locked Error where an ingest, a gc or another repair runs; usage where `from` is the
// repository itself; interrupted, before the first row has changed.
PackRepairResult repair_packs(Repository& repository, const PackRepairOptions& options);

}  // namespace varve
