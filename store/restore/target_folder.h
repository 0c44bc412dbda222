// A folder outside the repository that files are restored into, held open by descriptor: what
// somebody renames or links meanwhile does not lead a write elsewhere.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>

#include "store/core/file.h"
#include "store/restore/staging_guard.h"

namespace varve {

// Not thread-safe.
class TargetFolder {
 public:
  enum class Missing { refuse, create };
  // A path as a person gave it: symbolic links in it are followed. Throws a failed Error where
  // it is no folder, or missing and not to be created (its parent always has to be there).
  static std::shared_ptr<TargetFolder> open(const Path& given, Missing missing);
  // The folder `name` in `parent`, created if missing. A symbolic link there is refused.
  static std::shared_ptr<TargetFolder> open_in(const std::shared_ptr<TargetFolder>& parent,
                                               const std::string& name);
  // Removes the folder again if it was created here, is empty, and keep() was not called.
  ~TargetFolder();
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;

  int fd() const noexcept { return folder_.fd(); }
  const Path& path() const noexcept { return folder_.path(); }
  Path real_path() const;  // absolute, without links
  // What `name` is (a link is not followed); nothing if there is nothing.
  std::optional<struct stat> look_at(const std::string& name) const;
  bool is_new() const noexcept { return created_; }  // made here, not kept yet
  void keep() noexcept { created_ = false; }
  // A name for what is to be staged in it; guarded until end_staging(), when nothing of it may be
  // left under such a name, or the destructor.
  std::string stage_name();
  // Returns what could not be removed, and goes with the next restore: mostly nothing.
  std::optional<Path> end_staging();
  // Removes what restores that were killed have staged here.
  void clear_abandoned() const { remove_abandoned(folder_); }
  // The names in it are durable, and its own name where it was created here.
  void sync() const;

 private:
  TargetFolder(File folder, std::shared_ptr<TargetFolder> parent, bool created)
      : folder_(std::move(folder)), parent_(std::move(parent)), created_(created) {}

  File folder_;
  std::shared_ptr<TargetFolder> parent_;  // null where a person named the folder
  std::unique_ptr<StagingGuard> guard_;   // while something is staged
  bool created_ = false;
};

}  // namespace varve
