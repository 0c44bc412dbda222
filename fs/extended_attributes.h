// user.varve.sha256, user.varve.source and user.varve.verified of a snapshot's files;
// user.varve.verified of its folder.
//
// user.varve.source is the name of the source (SourceInfo::name), user.varve.verified one of
// "drill", "full", "quick", "failed", "none", for the file's source, as of this moment.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/file_hashes.h"
#include "fs/snapshot_cache.h"

namespace varve {

// Names of those that are known without reading a file's bytes: cp -a, which copies what is
// listed, must not read a file twice.
std::vector<std::string> list_attributes(const Snapshot& snapshot, const ViewEntry& entry,
                                         FileHashes& hashes);

// Nothing where there is no such attribute. The hash of a file that no attestation knows is
// computed here, for as long as that takes.
std::optional<std::string> read_attribute(const Snapshot& snapshot, const ViewEntry& entry,
                                          std::string_view name, FileHashes& hashes);

}  // namespace varve
