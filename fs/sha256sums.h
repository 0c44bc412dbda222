// The SHA256SUMS file of a snapshot, as sha256sum(1) reads and writes it.
#pragma once

#include <functional>
#include <string>

#include "store/snapshots/snapshot.h"

namespace varve {

// One line for each file, in the order of the snapshot; `hash_of` is called once for each.
std::string sha256sums(const Snapshot& snapshot,
                       const std::function<Sha256(const FileEntry&)>& hash_of);

// How long that text is, told without a single hash.
std::size_t sha256sums_size(const Snapshot& snapshot);

}  // namespace varve
