// Is it a database? By its first bytes, never by its name.
#pragma once

#include "store/core/file.h"

namespace varve {

// Opens the file through SQLite, so that locks which this process holds on it stay (see
// sqlite_file.h). `path` is absolute, without symbolic links. Throws an io Error where it cannot
// be opened.
bool is_sqlite_database(const Path& path);

}  // namespace varve
