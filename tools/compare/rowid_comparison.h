// The rows in which two versions of a table with rowids differ, found in the order of the rowids.
#pragma once

#include <stop_token>
#include <vector>

#include "tools/compare/table_comparison.h"

namespace varve {

// Within these ranges. Both tables have a rowid that can be named. Where the primary key is another
// one, or there is none, what only moved to another rowid is no change.
void compare_by_rowid(const TablePair& pair, const std::vector<RowidRange>& ranges,
                      const TakeRowChange& take, const std::stop_token& stop);

}  // namespace varve
