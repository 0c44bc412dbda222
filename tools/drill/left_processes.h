// Processes that outlived the drill which started them.
#pragma once

#include "store/core/file.h"

namespace varve {

// Kills those whose working folder is `folder` or lies below it, and waits a while until they are
// gone. What this user may not look at is passed over.
void end_processes_in(const Path& folder);

}  // namespace varve
