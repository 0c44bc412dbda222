// Another repository, which may still have what is lost in this one. Nothing is changed in it.
//
// Chunks are named by their content, so whatever is found is proven by hashing it; from which
// database it once came does not matter. Not thread-safe.
#pragma once

#include <memory>
#include <optional>

#include "store/chunk_chain.h"
#include "store/repository.h"

namespace varve {

class Donor {
 public:
  // Opens it, with the errors of Repository::open.
  explicit Donor(const Path& path) : repository_(Repository::open(path)) {}

  const Path& path() const noexcept { return repository_->path(); }

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
  std::unique_ptr<Repository> repository_;
};

}  // namespace varve
