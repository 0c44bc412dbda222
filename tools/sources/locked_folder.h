// A temporary folder that is gone at the end, and that others know for abandoned where its process
// was killed.
//
//   varve-KIND-XXXXXX/lock   held while it is used
//
// Whoever makes one of a kind removes those of it whose lock nobody holds.
#pragma once

#include <string>

#include "store/core/lock.h"

namespace varve {

class LockedFolder {
 public:
  struct Kind {
    std::string name;
    mode_t mode = 0700;
    // What must be done before an abandoned one is removed.
    void (*before_removal)(const Path& folder) = nullptr;
  };
  LockedFolder(const Path& parent, const Kind& kind);  // throws an io Error
  ~LockedFolder();
  LockedFolder(const LockedFolder&) = delete;
  LockedFolder& operator=(const LockedFolder&) = delete;

  const Path& path() const noexcept { return path_; }

  // Removes what killed processes of this user left under `parent`.
  static void remove_abandoned(const Path& parent, const Kind& kind);

 private:
  struct Unfinished {
    Path path;
  };
  LockedFolder(const Unfinished& unfinished, const Kind& kind);

  Path path_;
  FileLock lock_;
};

}  // namespace varve
