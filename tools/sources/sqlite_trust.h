// How a database is read that may be damaged, or made to harm.
#pragma once

#include <sqlite3.h>

namespace varve {

// From here on no trigger, view, extension or function with side effects of its schema runs, and
// shadow tables cannot be written.
void distrust(sqlite3* connection);

}  // namespace varve
