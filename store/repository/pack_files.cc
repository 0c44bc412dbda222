#include "store/repository/pack_files.h"

#include <algorithm>

#include "store/blob/pack_reader.h"

namespace varve {

std::vector<PackFile> list_pack_files(BlobBackend& blobs) {
  std::vector<PackFile> files;
  for (const BlobInfo& blob : blobs.list("packs/")) {
    if (const auto id = pack_id_of(blob.name)) files.push_back({*id, blob.size});
  }
  std::ranges::sort(files, {}, &PackFile::id);
  return files;
}

}  // namespace varve
