// Whether a folder can be mounted on, told before anything is tried, one clear line for each
// reason that it cannot.
#pragma once

#include "store/core/file.h"

namespace varve {

// The mount point as an absolute path. Throws Error where it is missing, no folder, not empty,
// or a varve mount already; or where this machine or user cannot mount at all.
Path check_mount_point(const Path& point);

// Throws Error where `point` is the repository's folder or inside it.
void check_outside_repository(const Path& point, const Path& repository);

// Whether a program of this name is found in PATH.
bool is_installed(const std::string& program);

}  // namespace varve
