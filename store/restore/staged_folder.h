// A private folder beside a target, for what takes its place in more than one file. It goes with
// what is in it; after a kill the next restore into that place removes it (staging_guard.h).
#pragma once

#include <memory>
#include <string>

#include "store/restore/target_folder.h"

namespace varve {

// Not thread-safe.
class StagedFolder {
 public:
  // In the folder of `target`, which is cleared of what killed restores left.
  explicit StagedFolder(const Path& target);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  Path operator/(const Path& name) const { return path_ / name; }

 private:
  std::shared_ptr<TargetFolder> parent_;
  Path path_;
};

}  // namespace varve
