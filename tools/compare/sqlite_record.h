// A record of SQLite's: https://sqlite.org/fileformat2.html, "Record Format". Of a database in
// UTF-8.
#pragma once

#include <cstddef>
#include <optional>

#include "store/core/bytes.h"
#include "tools/compare/row.h"

namespace varve {

// Its first `count` values. Nothing where it has fewer, or is broken.
std::optional<Row> record_front(ByteView bytes, std::size_t count);

}  // namespace varve
