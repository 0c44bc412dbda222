// The rows that a directory of pg_dump holds, by its files.
//
// A table's file that breaks off between two rows goes into a server without complaint; here it is
// known by its last line, which is missing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve {

struct DumpRows {
  std::map<std::string, std::uint64_t> counts;  // by "schema.table"
  std::vector<std::string> faults;
};

// What is compressed, or of a pg_dump that varve does not know, is left out: pg_restore notices
// there.
DumpRows rows_in_directory(const Path& folder);

}  // namespace varve
