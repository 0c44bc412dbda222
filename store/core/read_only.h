// A filesystem that takes no changes: a medium of that kind, a mount for reading, or a disk that
// the kernel made read-only when it failed.
#pragma once

#include "store/core/file.h"

namespace varve {

bool is_read_only(const Path& path);  // false where there is no such file or folder

}  // namespace varve
