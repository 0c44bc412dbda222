// Making a repository: all of it, or nothing.
//
// `config` comes last; until it has its name the folder holds no repository. What fails is taken
// away again. What a killed one left is no more than its own parts, without a byte of anybody's:
// the next one begins with that as with an empty folder. Two at a time keep each other out by a
// lock, locks/init.
#pragma once

#include "store/core/file.h"
#include "store/repository/repository_config.h"

namespace varve {

inline constexpr const char* kRepositoryFolders[] = {"packs", "snapshots", "attestations", "locks",
                                                     "cache"};

// `path` must be absent, an empty folder, or one that a killed founding left; else a failed Error.
// A locked one while another is making a repository there.
void found_repository(const Path& path, const RepositoryConfig& config);

}  // namespace varve
