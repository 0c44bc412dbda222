// Another repository, which may still have what is lost in this one. Nothing is changed in it, and
// it may lie on a medium that cannot be written to.
//
// Chunks are named by their content, so whatever is found is proven by hashing it; from which
// database it once came does not matter. Not thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "store/blob/backend.h"
#include "store/core/file.h"
#include "store/read/chunk_chain.h"
#include "store/read/chunk_reader.h"

namespace varve {

class Donor {
 public:
  // Opens it, with the errors of Repository::open.
  explicit Donor(const Path& path);
  Donor(const Donor&) = delete;
  Donor& operator=(const Donor&) = delete;

  const Path& path() const noexcept { return path_; }  // absolute

  // The bytes of this chunk; null where it has none, or none that is sound.
  ChunkBytes chunk(const ChunkRef& ref);

  // What deltas with this base stand on. A key is half of a reference: whoever uses it has to prove
  // what comes out.
  struct Base {
    ChunkId id;
    ObjectKind kind = ObjectKind::data;
    ChunkBytes plain;
  };
  std::optional<Base> base(ChunkKey key);

 private:
  File config_;  // locked, shared
  Path path_;
  std::unique_ptr<BlobBackend> blobs_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<PackReader> packs_;
  std::unique_ptr<ChunkReader> chunks_;
};

}  // namespace varve
