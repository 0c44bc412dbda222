// The catalog made anew, from packs, records and attestations alone.
//
// For a catalog.db that is missing or damaged. The new one is made beside it as catalog.db.new and
// holds every chunk of which a whole object with all its bases is there, and every snapshot whose
// record can be read, under the name that the record has. Then, each step durable before the next:
// catalog.db becomes catalog.db.broken, its journal catalog.db.broken-wal, and the new one takes
// its place. A crash before the first of these steps leaves the old catalog, one after it none:
// then every command says so, and another repair does it all again.
//
// What a record without a catalog cannot tell:
//   - whether its ingest was cut short after the record was durable: all it needs is there, so it
//     is a snapshot now;
//   - whether its chunks are gone because of damage, or because it was forgotten: it stays a
//     snapshot, and its files are named as hurt. One that only the old catalog knows, and of which
//     nothing at all is left, is left out.
// A record that a trail calls forgotten (trail.h), and that the old catalog does not have, is left
// out: gc takes it. Packs of data without any record are refused: a folder that is not there would
// make a catalog after which gc takes everything.
// Damaged records and attestations go to broken/. Where two records have one name, the one with
// attestations, else with less lost, else with the smaller id stays, and the other goes there too.
// A record that is damaged or missing is taken from parity, or from the old catalog as far as that
// still answers.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/file_losses.h"
#include "store/repository/repository.h"

namespace varve {

struct CatalogRepairOptions {
  unsigned threads = 2;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // packs read
  // Called before each step of putting the new one in place, with what comes next.
  std::function<void(const std::string& step)> before = {};
  std::stop_token stop = {};
};

// A record's file without a snapshot in the new catalog: from now on nothing keeps gc from what its
// snapshot alone needs.
struct RecordAside {
  std::string name;     // "snapshots/31b8…"
  std::string kept_as;  // "broken/31b8…"
};

struct CatalogRepairResult {
  std::uint64_t packs = 0;
  std::uint64_t chunks = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t attestations = 0;          // documents
  std::uint64_t unreadable_objects = 0;    // whole deltas whose base is lost: left out
  std::vector<std::string> damaged_packs;  // one line for each: taken in as far as it is whole
  std::vector<std::string> left_out;       // one line for each record and attestation
  std::vector<RecordAside> records_aside;  // of left_out
  std::vector<HurtFile> hurt;              // files of the snapshots of which something is lost
  std::vector<std::string> kept_as;        // what the old catalog's files are called now
  double seconds = 0;
};

// `path`: the repository. Nobody may have it open: a locked Error that says who has. Throws
// no_repository, and whatever keeps the new catalog from being written; interrupted, with the old
// one in place.
CatalogRepairResult repair_catalog(const Path& path, const CatalogRepairOptions& options);

}  // namespace varve
