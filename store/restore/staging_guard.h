// What a restore has staged in a folder, under names that say whose it is, and the lock by which
// the next restore knows whether somebody still works on it.
//
//   .varve-held-<id>     empty; locked while its restore lives and something may be staged
//   .varve-<id>-<n>      staged by that one: a file, a link, or a folder (staged_folder.h)
//
// The kernel takes the lock away when a process ends, however that happens, so neither age nor a
// process number decides. Of the two the guard comes first, durable, and goes last. On a filesystem
// without locks nothing is guarded, and nothing is ever removed.
//
// Rejected: a lock on each file, as a restore of thousands would need as many descriptors; flock()
// on the folder, which others use for themselves (flock /srv/app varve restore …).
#pragma once

#include <string>

#include "store/core/file.h"

namespace varve {

// Not thread-safe. The folder's descriptor outlives it.
class StagingGuard {
 public:
  explicit StagingGuard(const File& folder);
  ~StagingGuard();
  StagingGuard(const StagingGuard&) = delete;
  StagingGuard& operator=(const StagingGuard&) = delete;

  const std::string& name() const noexcept { return name_; }  // of the guard itself
  std::string next_name();                                    // not taken yet
  // False where it stays behind, for the next restore to remove.
  bool remove() noexcept;

 private:
  void create();

  const File& folder_;
  std::string id_;
  std::string name_;  // empty: removed
  std::uint64_t count_ = 0;
  File guard_;
};

// Removes what restores that were killed have staged in the folder. What cannot be looked at or
// removed stays.
void remove_abandoned(const File& folder);

}  // namespace varve
