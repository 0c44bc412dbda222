// What parses bytes that others wrote, each as one function of a byte string.
//
// A target takes any bytes. It returns: whatever they are, the code under it answers or throws an
// Error, which is caught here. Everything else (a crash, a leak, another exception, memory or time
// without measure, an answer that contradicts itself) is a finding. Formats with checksums are
// mended first (mended.h), or no mutation would come past them.
//
//   replay_test.cc   every target with every file of corpus/TARGET and some mutations: in the tests
//   libfuzzer.cc     a program for each target, with -DVARVE_FUZZ=ON and clang: ../torture.sh
#pragma once

#include <span>
#include <string_view>

#include "store/core/bytes.h"

namespace varve::fuzz {

struct Target {
  std::string_view name;  // of its program, and of its folder in corpus/
  void (*run)(ByteView input);
};

std::span<const Target> targets();

void archive(ByteView input);       // gzip, zstd, xz, tar: old backups
void attestation(ByteView input);   // attestations/
void btree(ByteView input);         // the pages of a stored SQLite database
void codec(ByteView input);         // frames and deltas
void config(ByteView input);        // the repository's own
void file(ByteView input);          // a file's manifest and its chunks, out of a hostile pack
void fingerprints(ByteView input);  // cache/
void job_file(ByteView input);      // varve.toml
void lost(ByteView input);          // the list of lost chunks
void manifest(ByteView input);      // one node
void pack(ByteView input);          // header, footer, objects, scanning
void postgres(ByteView input);      // what pg_dump wrote
void record(ByteView input);        // snapshots/, and all that shows what is in one
void redis(ByteView input);         // what a server answers, and the file that it sends
void sidecar(ByteView input);       // parity/, and what it protects
void texts(ByteView input);  // dates, sizes, URIs, patterns, paths, mount options, marks, SQL
void wal(ByteView input);    // the log beside an old database

}  // namespace varve::fuzz
