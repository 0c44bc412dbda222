// Proves a stored PostgreSQL dump.
//
// quick  The contents are read through the store, and pg_restore --list takes them; every file
//        that they name is there.
// full   Besides, every byte is read back and compared with its name, and the rows of each table
//        are counted in the dump: they must be as many as the server had, where those were
//        counted at the ingest (SourceInfo::row_counts).
//
// A plain dump has no contents: it must end as pg_dump ends one. Only the contents are written to
// a (private, temporary) folder, for pg_restore.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "store/read/chunk_reader.h"
#include "store/snapshots/snapshot.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

struct PostgresVerification {
  bool full = true;
  PostgresProgramPlaces programs = PostgresProgramPlaces::standard();
  std::stop_token stop = {};
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // bytes
  // The rows of a table's file that need not be read again, as its bytes were proven elsewhere.
  std::function<std::optional<std::uint64_t>(const FileEntry& file)> known_rows = {};
};

// All fields but the source's name, level and times. What is wrong with the dump or the store is a
// result. An Error says nothing about the dump: no pg_restore is installed, no space for the
// contents, a stop.
Attestation verify_postgres(ChunkReader& chunks, const Snapshot& snapshot, std::uint32_t source,
                            const PostgresVerification& request);

}  // namespace varve
