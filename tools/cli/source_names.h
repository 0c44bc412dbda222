// What sources and tags may be called, and where sources may lie.
#pragma once

#include <string>
#include <vector>

#include "store/core/file.h"

namespace varve::cli {

// A source names a file or a folder of every snapshot. Throws a usage Error where it cannot;
// `source` says in it whose name that is.
void require_valid_source_name(const std::string& name, const std::string& source);

// A tag names a folder on the mount. Throws a usage Error where it cannot.
void require_valid_tag(const std::string& tag);

// A backup of the repository into itself would grow for ever. Throws a usage Error for a path that
// lies in the repository.
void refuse_path_inside(const Path& repository, const std::string& path);

}  // namespace varve::cli
