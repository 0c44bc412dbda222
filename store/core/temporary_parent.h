// Where temporary folders are made.
#pragma once

#include "store/core/file.h"

namespace varve {

// $TMPDIR, else /tmp. Throws an io Error where that is no folder: which, why, and what to do.
Path temporary_parent();

}  // namespace varve
