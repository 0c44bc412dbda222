// The path that a person named as a source: is it a file that can be read?
#pragma once

#include <sys/stat.h>

#include "store/core/file.h"

namespace varve {

// Throws a failed Error with one line that says what `path` is instead (missing, a folder, a
// socket, a named pipe, a device, not readable by this user) and what to do. Opens nothing: a
// pipe or a device could block, and closing a database file drops locks (see sqlite_file.h).
struct stat require_source_file(const Path& path);

}  // namespace varve
