// A snapshot of what is about to be changed, so that there is a way back.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "store/repository.h"

namespace varve::cli {

inline constexpr const char* kSafetyTag = "pre-restore";

// Takes one of `target`, a database's path or a PostgreSQL URI, as `varve ingest --tag pre-restore
// TARGET` would, and proves it quickly. Throws Error; also where what was stored does not pass.
Snapshot take_safety_snapshot(Repository& repository, const std::string& target,
                              std::chrono::seconds busy_timeout, const std::stop_token& stop);

}  // namespace varve::cli
