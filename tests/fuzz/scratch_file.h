// Bytes as a file, for code that opens one by its path.
#pragma once

#include "store/core/file.h"

namespace varve::fuzz {

// In memory; the path is good as long as it lives.
class ScratchFile {
 public:
  explicit ScratchFile(ByteView bytes);
  Path path() const;

 private:
  File file_;
};

}  // namespace varve::fuzz
