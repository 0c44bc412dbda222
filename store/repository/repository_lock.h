// The lock that everybody who has a repository open holds on its `config`, shared, so that a
// rebuilding of the catalog has the repository to itself (Repository::lock_alone()).
#pragma once

#include "store/core/file.h"

namespace varve {

// The file `config`, locked as long as it is open. Throws no_repository where there is none, a
// locked Error while the catalog is being rebuilt.
File lock_shared(const Path& repository);

}  // namespace varve
