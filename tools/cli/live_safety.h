// The safety snapshot of a database that stays in use while it is changed.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "tools/restore/safety_point.h"

namespace varve::cli {

// Takes one of `target`, a path or a PostgreSQL URI, as an ingest does, and proves it quickly.
// Throws Error; also where what was stored does not pass.
void save_live_database(SafetyPoint& safety, Repository& repository, const std::string& target,
                        std::chrono::seconds busy_timeout, const std::stop_token& stop);

// Where none is wanted, and --undo would find an older one: its trace (unsaved_change.h).
// `target`: a path, or a database's location.
void note_unsaved_change(SafetyPoint& safety, Repository& repository, const std::string& target,
                         const std::stop_token& stop);

}  // namespace varve::cli
