// A temporary folder that nobody else can look into, gone with everything in it at the end.
#pragma once

#include "store/core/file.h"

namespace varve {

class PrivateFolder {
 public:
  PrivateFolder();  // under $TMPDIR, else /tmp; throws an io Error
  explicit PrivateFolder(const Path& parent);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const Path& path() const noexcept { return path_; }
  Path parent() const { return path_.parent_path(); }

 private:
  Path path_;
};

}  // namespace varve
