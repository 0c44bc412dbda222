// A temporary folder that nobody else can look into, gone with everything in it at the end.
//
// What a killed process left, the next one that makes such a folder in the same place removes.
#pragma once

#include "tools/sources/locked_folder.h"

namespace varve {

class PrivateFolder {
 public:
  PrivateFolder();  // under $TMPDIR, else /tmp; throws an io Error
  explicit PrivateFolder(const Path& parent);

  const Path& path() const noexcept { return path_; }  // empty at first
  Path parent() const { return folder_.path().parent_path(); }

 private:
  LockedFolder folder_;
  Path path_;  // beside the lock
};

}  // namespace varve
