// How far a catalog had come, told by a small file beside it: the generation that it had after its
// last change.
//
// A catalog that is behind that has lost changes: its journal is gone or damaged, or an older copy
// took its place. Then what it does not know is not garbage, and gc must not touch it.
//
// The file is NAME.seen: the generation, little-endian, and its complement. It is written behind
// the commit, so it never says too much; a crash in between, or two processes at once, may make it
// say too little, which only makes it less watchful. So do a missing file (an older varve's
// repository) and one that is damaged.
#pragma once

#include <cstdint>
#include <optional>

#include "store/core/file.h"

namespace varve {

// Thread-safe.
class SeenGeneration {
 public:
  explicit SeenGeneration(const Path& catalog) : file_(file_beside(catalog)) {}

  static Path file_beside(const Path& catalog) { return Path(catalog) += ".seen"; }

  // Nothing where there is none that can be read.
  std::optional<std::uint64_t> read() const noexcept;
  // Durable where it can be: a full disk or a read-only one keeps no commit from being done.
  void tell(std::uint64_t generation) const noexcept;

 private:
  const Path file_;
};

}  // namespace varve
