// The list of a snapshot's files as one tree.
#pragma once

#include "store/snapshots/snapshot.h"

namespace varve {

// Sorts the files by path. Throws a usage Error that names both sources where two files have one
// path, or one lies below another: no mount could show that, and no restore write it.
void order_files(Snapshot& snapshot);

}  // namespace varve
