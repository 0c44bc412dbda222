// One source of a snapshot, proven: the one place that knows which engine proves what.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "store/repository/repository.h"
#include "tools/sources/sqlite_verify.h"

namespace varve::cli {

struct ProvingRequest {
  std::string level = "full";                // "quick", "full" or "drill"
  std::vector<std::string> assertions = {};  // SQL: SQLite from full on, PostgreSQL in a drill
  // The newest other snapshot's proof counts for a folder's files, and a dump's tables, with the
  // same bytes where it is of this time or later; nothing: for files, whenever that was. The
  // attestation is as old then as what it stands on, and says whose that is (taken_from).
  std::optional<Timestamp> since = {};
  std::size_t memory = SqliteVerification().memory;  // bytes, for SQLite's pages
  std::stop_token stop = {};
  std::function<void(std::uint64_t done, std::uint64_t all)> progress = {};  // bytes
};

// What is wrong with the data, or with what the store makes of it, is a result. An Error says
// nothing about the snapshot: a drill's program that is not installed, no space, a stop.
Attestation prove(Repository& repository, const Snapshot& snapshot, std::uint32_t source,
                  const ProvingRequest& request);

// Whether an attestation has put all of these assertions.
bool has_put(const Attestation& attestation, const std::vector<std::string>& assertions);

}  // namespace varve::cli
