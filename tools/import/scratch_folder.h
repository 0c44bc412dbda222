// A private folder for what is needed for a moment, under TMPDIR or /tmp; gone at the end.
#pragma once

#include "store/core/file.h"

namespace varve {

class ScratchFolder {
 public:
  ScratchFolder();  // throws an io Error
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const Path& path() const noexcept { return path_; }

 private:
  Path path_;
};

}  // namespace varve
