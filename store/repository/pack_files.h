// The files of packs that there are, whatever the catalog says.
#pragma once

#include <cstdint>
#include <vector>

#include "store/blob/backend.h"
#include "store/core/ids.h"

namespace varve {

struct PackFile {
  PackId id;
  std::uint64_t size = 0;  // bytes
};

// By their ids. Files that are called otherwise are passed over.
std::vector<PackFile> list_pack_files(BlobBackend& blobs);

}  // namespace varve
