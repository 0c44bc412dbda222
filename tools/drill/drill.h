// The drill: a source of a snapshot restored to scratch, as one would in an emergency, put into
// its engine, looked at, timed, and thrown away.
//
// SQLite, files   written out, every chunk checked; each SQLite database opened by SQLite from
//                 there: integrity_check, foreign_key_check, row counts
// PostgreSQL      into a new cluster: roles, then pg_restore -j (psql for a plain dump) straight
//                 from the store; row counts
// Redis, RDB files into a new redis-server: the keys it has against those that the file holds
// all else        written out, every chunk checked; archives and directories of pg_dump among it
//                 are restored into a new cluster as well, without owners; RDB files in folders
//                 are loaded
//
// Row counts are compared with those that were recorded. Assertions are put to SQLite and
// PostgreSQL. What a dump brings along (functions in an index, say) runs in its server, as that
// server's unprivileged user.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/sources/postgres_programs.h"

namespace varve {

struct DrillRequest {
  std::vector<std::string> assertions = {};  // SQL
  std::stop_token stop = {};
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // bytes, where known
  PostgresProgramPlaces programs = PostgresProgramPlaces::standard();
};

// All fields but `seconds`. A source that cannot be restored, or is not what it was, is a result.
// An Error is what says nothing about the snapshot: a program that is not installed, no space,
// a stop. One drill a process at a time, on the thread that calls.
Attestation drill(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                  const DrillRequest& request);

}  // namespace varve
