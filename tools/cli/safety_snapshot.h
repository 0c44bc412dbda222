// A snapshot of what is about to be changed, so that there is a way back.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "store/repository.h"

namespace varve::cli {

// Takes one of `target`, a database in use (its path or a PostgreSQL URI), as an ingest does, with
// the tag and the source's name of all safety snapshots (tools/restore/safety_snapshot.h), and
// proves it quickly. Throws Error; also where what was stored does not pass.
Snapshot save_live_database(Repository& repository, const std::string& target,
                            std::chrono::seconds busy_timeout, const std::stop_token& stop);

}  // namespace varve::cli
