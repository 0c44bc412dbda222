// What the sources of an ingest are called.
#pragma once

#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve::cli {

// One name for each path, in order: `as` for the only path, else the file's own name. Throws a
// usage Error where two have the same name, or one cannot be a file's name in a snapshot.
std::vector<std::string> source_names(const std::vector<std::string>& paths, const std::string& as);

// A tag names a folder on the mount. Throws a usage Error where it cannot.
void require_valid_tag(const std::string& tag);

// A backup of the repository into itself would grow for ever. Throws a usage Error for a path that
// lies in the repository.
void refuse_paths_inside(const Path& repository, const std::vector<std::string>& paths);

}  // namespace varve::cli
