// Packs that lie in another place than their header says: moved by hand, or by a program that
// repaired the filesystem and lost their names. And files among the packs that are none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/blob/parity_backend.h"
#include "store/catalog/catalog.h"
#include "store/core/ids.h"

namespace varve {

struct StrangeFile {
  std::string name;
  std::optional<PackId> pack;  // that its header says it is
};

// Below packs/, but for what an ingest or gc is writing. Files with the names of packs that the
// catalog has are not looked into: whatever reads them does.
std::vector<StrangeFile> find_strange_files(BlobBackend& blobs, Catalog& catalog);

struct PutBack {
  std::string from;
  std::string to;
  bool lacks_parity = false;  // in a repository that has it
};

// Gives packs their places back, durable, where these are empty. `parity`: nullptr where there is
// none.
std::vector<PutBack> put_packs_in_place(BlobBackend& blobs, Catalog& catalog,
                                        ParityBackend* parity);

}  // namespace varve
