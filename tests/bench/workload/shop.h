// A shop's database and its hourly states. Both functions are deterministic: the same SQLite
// version, arguments and input file give the same bytes.
#pragma once

#include <cstdint>
#include <string>

namespace varve::bench {

// Fills a new database of about `mebibytes`: rows in order of time, ids ascending, tables
// interleaved as they grew, secondary indexes made after the load. It is left in WAL mode,
// checkpointed and closed.
void create_shop(const std::string& path, std::int64_t mebibytes, std::uint64_t seed);

// Moves the database on by one hour, number `state` (1 is the first after creation): updates of
// single rows over the whole key space, new orders and events, deleted events, such that about
// `percent` of the pages change. It leaves the file checkpointed and without a WAL.
void advance_shop(const std::string& path, double percent, std::uint64_t state, std::uint64_t seed);

}  // namespace varve::bench
